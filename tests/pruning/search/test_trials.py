import csv

import cv2
import pytest

from ffkeras.pruning.budgets import parse_budget
from ffkeras.pruning.cost import Measures
from ffkeras.pruning.search.plot import pareto_front, plot_trials
from ffkeras.pruning.search.trials import TrialRow, best_of, write_trials


def row(number, objective, parameters=1000, score=None):
    return TrialRow(
        number=number,
        rates={"pyramid": 0.25},
        parameters=parameters,
        macs=5_000_000,
        values={"params=0.6x": parameters, "arena=2KB@64": None if objective is None else 1500},
        objective=objective,
        dense=2.0,
        score=objective if score is None else score,
        seconds=1.25,
    )


ROWS = [row(0, 4.0), row(1, None, 9000, score=12.0), row(2, 3.5, 1100), row(3, 3.75, 900)]


def test_the_best_trial_is_within_budget():
    assert best_of([row(0, 4.0), row(1, None, score=0.1)]).number == 0
    assert best_of(ROWS).number == 2
    assert best_of([row(1, None, score=0.1)]) is None


def test_the_table_holds_every_trial_with_its_rates_and_budgets(tmp_path):
    write_trials(tmp_path / "trials.csv", ROWS, "held_out_loss")
    with (tmp_path / "trials.csv").open(newline="") as file:
        first, second, *_ = csv.DictReader(file)
    assert first == {
        "trial": "0",
        "pyramid": "0.25",
        "parameters": "1000",
        "macs": "5000000",
        "params=0.6x": "1000",
        "arena=2KB@64": "1500",
        "held_out_loss": "4",
        "score": "4",
        "seconds": "1.2",
        "within_budget": "yes",
    }
    assert (second["held_out_loss"], second["arena=2KB@64"], second["within_budget"]) == ("", "", "no")


def test_the_pareto_front_keeps_what_no_other_trial_beats_in_both():
    assert pareto_front([3, 1, 2, 4], [1.0, 3.0, 3.5, 2.0]) == ([1, 3], [3.0, 1.0])
    assert pareto_front([], []) == ([], [])


@pytest.mark.parametrize("rows", [ROWS, [row(0, None, score=9.0)]], ids=["some within", "none within"])
def test_the_plot_is_an_image_whether_a_trial_met_the_budget_or_not(small_map, tmp_path, rows):
    measures = Measures(small_map, [parse_budget("params=0.6x")])
    plot_trials(tmp_path / "trials.png", rows, measures, "held out loss")
    assert cv2.imread(str(tmp_path / "trials.png")) is not None
