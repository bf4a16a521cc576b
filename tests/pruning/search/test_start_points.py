import pytest

from ffkeras.errors import UserError
from ffkeras.pruning import cost
from ffkeras.pruning.budgets import parse_budget
from ffkeras.pruning.cost import Measures
from ffkeras.pruning.search.start_points import start_points, uniform_rates

HIGHEST = 0.8


def measures_of(small_map, *texts):
    return Measures(small_map, [parse_budget(text) for text in texts])


def test_the_uniform_rate_is_the_lowest_that_meets_the_budgets(small_map):
    measures = measures_of(small_map, "params=0.5x", "macs=0.7x@64")
    rates = uniform_rates(measures, HIGHEST)
    assert len(set(rates.values())) == 1
    assert measures.hold(rates)
    lower = {group: rate - 0.001 for group, rate in rates.items()}
    assert not measures.hold(lower)


def test_a_budget_out_of_reach_is_refused_with_the_least_that_can_be_reached(small_map):
    measures = measures_of(small_map, "params=100")
    least = measures.parameters(dict.fromkeys(small_map.groups, HIGHEST))
    with pytest.raises(UserError, match=f"cannot be reached.*{least:,}"):
        uniform_rates(measures, HIGHEST)


def test_a_search_starts_from_many_proportions_that_just_meet_the_budget(small_map):
    measures = measures_of(small_map, "params=0.5x")
    points = start_points(measures, HIGHEST, 8, seed=0)
    assert points[0] == uniform_rates(measures, HIGHEST)
    limit = measures.limit(measures.budgets[0])
    for rates in points:
        assert 0.8 * limit < measures.parameters(rates) <= limit
        assert 0 <= min(rates.values()) <= max(rates.values()) <= HIGHEST
    assert len({tuple(rates.values()) for rates in points}) == 8
    assert points == start_points(measures, HIGHEST, 8, seed=0)


def test_budgets_that_need_a_file_raise_the_rates_as_well(small_map, monkeypatch):
    monkeypatch.setattr(Measures, "_file", lambda self, widths, image_size, xnnpack_passes: widths)
    monkeypatch.setattr(cost, "smallest_arena", lambda widths, name: 10 * small_map.parameters(widths))
    measures = measures_of(small_map, "arena=0.5x@64")
    points = start_points(measures, HIGHEST, 4, seed=0)
    assert measures.hold(points[0])
    mean = sum(points[0].values()) / len(points[0])
    for rates in points[1:]:
        assert sum(rates.values()) / len(rates) == pytest.approx(mean, rel=0.25)
