import pytest

from ffkeras.pruning.budgets import parse_budget
from ffkeras.pruning.cost import Measures
from ffkeras.pruning.search.oracle import SCORE
from ffkeras.pruning.search.score import DENSE, OBJECTIVE, Scoring

WORST = 6.0


@pytest.fixture
def trained():
    return []


@pytest.fixture
def scoring(small_map, trained):
    def fine_tune(widths):
        trained.append(widths)
        return 3.0 if len(trained) == 1 else float("inf")

    return Scoring(Measures(small_map, [parse_budget("params=0.6x")]), fine_tune, 2.0, WORST)


def rates(small_map, rate):
    return dict.fromkeys(small_map.groups, rate)


def test_rates_over_budget_cost_no_training_and_a_score_that_rises_with_the_excess(small_map, scoring, trained):
    far, near = scoring(rates(small_map, 0.0)), scoring(rates(small_map, 0.1))
    assert not trained
    assert far[SCORE] > near[SCORE] > WORST
    assert OBJECTIVE not in far


def test_rates_within_budget_score_their_objective_and_a_diverged_one_no_worse_than_the_worst(small_map, scoring):
    result = scoring(rates(small_map, 0.5))
    assert (result[SCORE], result[OBJECTIVE], result[DENSE]) == (3.0, 3.0, 2.0)
    assert result["budget params=0.6x"] == Measures(small_map, []).parameters(rates(small_map, 0.5))
    assert scoring(rates(small_map, 0.6))[SCORE] == WORST
