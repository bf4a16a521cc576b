"""Rates that meet the budgets without a search: one for all groups, and a spread of others to start a search from."""

from collections.abc import Callable, Mapping

import numpy as np
from scipy.stats import qmc

from ffkeras.errors import UserError
from ffkeras.pruning.cost import Measures

RATE_DIGITS = 4
CHEAP_PRECISION = 10.0**-RATE_DIGITS
COSTLY_PRECISION = 0.01  # a measurement behind every step


def check_reachable(measures: Measures, highest: float) -> None:
    """Raise UserError, with the least that can be reached, where a budget does not hold at the highest rates."""
    rates = _uniform(measures, highest)
    for budget in measures.budgets:
        if measures.excess(budget, rates) > 0:
            least = budget.format(measures.value(budget, rates))
            raise UserError(
                f"budget {budget.text!r} cannot be reached: with a rate of {highest:g} in every group there is still "
                f"{least}; give at least that, or a higher --highest-rate."
            )


def uniform_rates(measures: Measures, highest: float) -> dict[str, float]:
    """One rate for all groups, the lowest that meets all budgets.

    Args:
        measures: of the network and its budgets.
        highest: rate that is allowed, 0..1.

    Raises:
        UserError: a budget does not hold even at the highest rate.
    """
    check_reachable(measures, highest)
    rate = _lowest(lambda rate: measures.hold(_uniform(measures, rate), cheap_only=True), 0.0, highest, CHEAP_PRECISION)
    if not measures.hold(_uniform(measures, rate)):
        rate = _lowest(lambda rate: measures.hold(_uniform(measures, rate)), rate, highest, COSTLY_PRECISION)
    return _uniform(measures, rate)


def start_points(measures: Measures, highest: float, count: int, seed: int) -> list[dict[str, float]]:
    """Rates to begin a search with: the uniform ones, then others spread over all proportions between the groups.

    The proportions are a Latin hypercube; each is scaled until the budgets that are counted from widths are just met,
    because the best rates use a budget up. Where others are set too, the mean rate is at least the uniform one.

    Args:
        measures: of the network and its budgets.
        highest: rate that is allowed, 0..1.
        count: how many, the uniform ones among them.
        seed: of the spread.

    Raises:
        UserError: a budget cannot be reached.
    """
    uniform = uniform_rates(measures, highest)
    groups = tuple(uniform)
    if count == 1:
        return [uniform]
    costly = not all(budget.cheap for budget in measures.budgets)
    mean = float(np.mean(list(uniform.values())))
    directions = qmc.LatinHypercube(len(groups), seed=seed).random(count - 1)
    points = [uniform]
    for direction in np.maximum(directions, CHEAP_PRECISION):
        largest = highest / direction.min()  # every group is at the highest rate then
        scale = _lowest(
            lambda scale, d=direction: measures.hold(_scaled(groups, d, scale, highest), cheap_only=True),
            mean / float(direction.mean()) if costly else 0.0,
            largest,
            CHEAP_PRECISION,
        )
        points.append(_scaled(groups, direction, scale, highest))
    return points


def _uniform(measures: Measures, rate: float) -> dict[str, float]:
    return {group: round(rate, RATE_DIGITS) for group in measures.map.groups}


def _scaled(groups: tuple[str, ...], direction: np.ndarray, scale: float, highest: float) -> Mapping[str, float]:
    rates = np.minimum(direction * scale, highest).round(RATE_DIGITS)
    return dict(zip(groups, rates.tolist(), strict=True))


def _lowest(holds: Callable[[float], bool], low: float, high: float, precision: float) -> float:
    """The lowest number at which something holds that holds at `high` and above it, by bisection."""
    if holds(low):
        return low
    while high - low > precision:
        middle = (low + high) / 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high
