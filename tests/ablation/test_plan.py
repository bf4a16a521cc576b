import dataclasses

import pytest

from ffkeras.ablation.plan import Plan, Run, network_file, plan_of, runs_of
from ffkeras.errors import UserError
from ffkeras.files import write_json, write_text
from ffkeras.models.config import default_config

PLAN = Plan(100, 8, ("faces",), "wsd", ("--learning-rate", "1e-3", "--image-size", "64x96"))


def test_a_plan_is_kept_and_taken_again(tmp_path):
    PLAN.write(tmp_path)
    assert Plan.read(tmp_path) == PLAN
    assert plan_of(tmp_path, {}) == PLAN
    assert plan_of(tmp_path, {"steps": 100}) == PLAN
    with pytest.raises(UserError, match="started with schedule wsd, not cosine"):
        plan_of(tmp_path, {"schedule": "cosine"})


def test_a_new_plan_needs_its_length(tmp_path):
    with pytest.raises(UserError, match="--images or --steps"):
        plan_of(tmp_path, {})
    assert plan_of(tmp_path, {"steps": 3}) == Plan(3)


def test_a_plan_is_options_of_training():
    assert PLAN.arguments()[:8] == ["--data", "faces", "--steps", "100", "--batch-size", "8", "--schedule", "wsd"]
    assert PLAN.images == 800
    assert PLAN.image_size == (64, 96)
    assert Plan(1).image_size == (320, 320)


@pytest.mark.parametrize("option", ["--seed", "--model=v1", "--res", "--epochs", "--data"])
def test_options_that_the_ablation_gives_are_refused(option):
    with pytest.raises(UserError, match="leave it out|before the --"):
        dataclasses.replace(PLAN, options=(option, "1"))


def test_a_run_is_finished_when_its_last_epoch_is_written(tmp_path):
    run = Run(tmp_path, "row", 3)
    assert not run.has_started
    write_json(run.folder / "training.json", {})
    write_text(run.folder / "epochs.csv", "step,epoch\n50,1\n")
    assert run.has_started
    assert not run.is_finished(100)
    write_text(run.folder / "epochs.csv", "step,epoch\n50,1\n100,2\n")
    assert run.is_finished(100)
    assert runs_of(tmp_path, "row") == [run]
    with pytest.raises(UserError, match="seed is -1"):
        Run(tmp_path, "row", -1)


def test_a_row_whose_network_changed_is_refused(tmp_path):
    path = network_file(tmp_path, "row", default_config("v1"))
    assert network_file(tmp_path, "row", default_config("v1")) == path
    with pytest.raises(UserError, match="another network than row row"):
        network_file(tmp_path, "row", default_config("nano_b"))
