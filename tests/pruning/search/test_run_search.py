import csv
import dataclasses
import signal

import pytest
from rich.console import Console

from ffkeras.data.synthetic import SyntheticFaces
from ffkeras.errors import UserError
from ffkeras.files import read_json
from ffkeras.pruning.budgets import parse_budget
from ffkeras.pruning.config import PruneConfig
from ffkeras.pruning.cost import Measures
from ffkeras.pruning.search.fine_tune import ShortFineTune
from ffkeras.pruning.search.run_search import search_rates

SIZE = (64, 64)
CONFIG = PruneConfig(
    "run",
    budgets=("params=0.6x",),
    image_size=SIZE,
    validation_size=SIZE,
    batch_size=4,
    trials=4,
    trial_steps=3,
    held_out=4,
)


def measures_of(small_map):
    return Measures(small_map, [parse_budget(text) for text in CONFIG.budgets])


@pytest.fixture(scope="module")
def fine_tune(small_map):
    return ShortFineTune(small_map.model, CONFIG, SyntheticFaces(8, 0, SIZE), SyntheticFaces(4, 1, SIZE))


def search(small_map, folder, fine_tune, make=None):
    measures = measures_of(small_map)
    return search_rates(measures, CONFIG, folder, make or (lambda check: fine_tune), Console(quiet=True))


def read_trials(folder):
    with (folder / "trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_trials_differ_by_their_rates_alone(small_map, fine_tune):
    widths = small_map.widths(dict.fromkeys(small_map.groups, 0.4))
    first = fine_tune(widths)
    assert fine_tune({}) != first
    assert fine_tune(widths) == pytest.approx(first, rel=1e-4)
    before = [weight.copy() for weight in small_map.model.get_weights()]
    assert all((a == b).all() for a, b in zip(before, small_map.model.get_weights(), strict=True))


def test_a_search_leaves_its_table_its_plot_and_the_best_rates_within_budget(small_map, fine_tune, tmp_path):
    rates = search(small_map, tmp_path, fine_tune)
    rows = read_trials(tmp_path)
    assert [int(row["trial"]) for row in rows] == [0, 1, 2, 3]
    within = [row for row in rows if row["within_budget"] == "yes"]
    best = min(within, key=lambda row: float(row["score"]))
    assert rates == {group: float(best[group]) for group in small_map.groups}
    assert measures_of(small_map).hold(rates)
    record = read_json(tmp_path / "search.json")
    assert (record["best"], record["rates"]) == (int(best["trial"]), rates)
    assert (tmp_path / "trials.png").exists()


def test_a_search_interrupted_in_a_trial_loses_that_trial_alone(small_map, fine_tune, tmp_path):
    def ends_in_third_trial(check):
        trained = []

        def run(widths):
            trained.append(widths)
            if len(trained) == 3:
                signal.raise_signal(signal.SIGINT)
                check()
            return float(len(trained))

        run.dense_objective = lambda: 2.0
        return run

    with pytest.raises(KeyboardInterrupt):
        search(small_map, tmp_path, None, ends_in_third_trial)
    before = read_trials(tmp_path)
    done = [row for row in before if row["within_budget"] == "yes"]
    assert len(done) == 2
    search(small_map, tmp_path, fine_tune)
    after = read_trials(tmp_path)
    assert after[: len(before)] == before
    assert [int(row["trial"]) for row in after] == [0, 1, 2, 3]


def test_a_finished_search_gives_its_result_again_without_training(small_map, tmp_path):
    def untrained(check):
        def run(widths):
            return float(sum(widths.values()))

        run.dense_objective = lambda: 1e3
        return run

    rates = search(small_map, tmp_path, None, untrained)
    assert search(small_map, tmp_path, None, lambda check: pytest.fail("nothing is left to train")) == rates


def test_a_fault_in_a_trial_ends_the_search_with_its_own_sentence(small_map, tmp_path):
    def unreadable(check):
        def run(widths):
            raise UserError("faces/3.jpg is no image; remove it.")

        run.dense_objective = lambda: 2.0
        return run

    with pytest.raises(UserError, match=r"faces/3\.jpg is no image"):
        search(small_map, tmp_path, None, unreadable)


def test_no_image_held_out_is_told_before_the_first_trial(small_map):
    with pytest.raises(UserError, match="hold no image out"):
        ShortFineTune(small_map.model, CONFIG, SyntheticFaces(4, 0, SIZE), [])


@pytest.mark.slow
def test_average_precision_can_be_the_objective(small_map):
    config = dataclasses.replace(CONFIG, objective="ap")
    fine_tune = ShortFineTune(small_map.model, config, SyntheticFaces(8, 0, SIZE), SyntheticFaces(4, 1, SIZE))
    assert 0 <= fine_tune({}) <= 1
