"""From rates to the metrics of a trial."""

import time
from collections.abc import Callable, Mapping

from ffkeras.pruning.cost import Measures
from ffkeras.pruning.search.oracle import SCORE

OBJECTIVE, DENSE, SECONDS = "objective", "dense_objective", "seconds"  # metrics of a trial beside its score
BUDGET_PREFIX = "budget "  # and the budget's text
HOPELESS = 3.0  # times the dense network's loss: what is worse is as bad, so that penalties lie above all of it


class Scoring:
    """Gives the metrics of rates: what they cost, and the objective after a short fine-tune where the budgets hold.

    Rates over a budget are not trained. Their score lies above that of every trained trial and rises with the excess,
    so that the search is led back.

    Args:
        measures: of the network and its budgets.
        fine_tune: gives the objective of widths.
        dense: the dense network's objective.
        worst: no trained trial is scored worse.
    """

    def __init__(self, measures: Measures, fine_tune: Callable[[Mapping[str, int]], float], dense: float, worst: float):
        self._measures, self._fine_tune, self._dense, self._worst = measures, fine_tune, dense, worst

    def __call__(self, rates: Mapping[str, float]) -> dict[str, float]:
        """The metrics of rates; `OBJECTIVE` is among them where they were trained."""
        start = time.monotonic()
        excess = self._measures.total_excess(rates)
        if excess:
            result = {SCORE: self._worst * (1.0 + excess)}
        else:
            objective = min(self._fine_tune(self._measures.widths(rates)), self._worst)
            result = {SCORE: objective, OBJECTIVE: objective}
        values = {BUDGET_PREFIX + text: value for text, value in self._measures.known(rates).items()}
        return {**result, **values, DENSE: self._dense, SECONDS: time.monotonic() - start}
