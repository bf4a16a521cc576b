"""The plan of a training elsewhere."""

import dataclasses

import pytest

from ffkeras.data.augment_config import AugmentConfig
from ffkeras.errors import UserError
from ffkeras.stablehlo.plan import LoweredRun, Plan
from ffkeras.training.config import TrainingConfig
from ffkeras.training.loss_config import SSD

RUNS = (LoweredRun("a", "runs/a"), LoweredRun("b", "runs/b", True, 0.0, ("x", "y")))
PLAN = Plan(RUNS, TrainingConfig(data=("data",), teacher="runs/teacher", steps=1000))


def test_a_plan_is_read_as_it_was_written(tmp_path):
    training = dataclasses.replace(PLAN.training, loss=SSD, augment=AugmentConfig(grey_probability=0.5))
    plan = dataclasses.replace(PLAN, training=training)
    plan.write(tmp_path)
    assert Plan.read(tmp_path) == plan


def test_runs_differ_in_their_start_and_in_the_teachers_share():
    taught, labels = (PLAN.config_of(run) for run in RUNS)
    assert (taught.start_from, taught.teacher, taught.distillation) == ("runs/a", "runs/teacher", 0.7)
    assert (labels.start_from, labels.teacher, labels.distillation) == ("", "", 0.0)
    assert taught.schedule_of(1000) == labels.schedule_of(1000) == PLAN.schedule


def test_a_shorter_plan_comes_to_the_end_of_its_schedule():
    assert PLAN.with_steps(100).schedule.rate_at(99) == pytest.approx(PLAN.schedule.rate_at(999), abs=1e-6)
    assert PLAN.with_steps(100).schedule.is_frozen_at(99) and not PLAN.schedule.is_frozen_at(99)


def test_a_folder_without_a_plan_is_named(tmp_path):
    with pytest.raises(UserError, match=r"holds no plan.*lower_training"):
        Plan.read(tmp_path)


def test_a_plan_of_another_version_is_named(tmp_path):
    (tmp_path / "plan.json").write_text('{"runs": [{"name": "a", "begin": "x"}]}')
    with pytest.raises(UserError, match="not a plan of lowered training"):
        Plan.read(tmp_path)


def test_a_share_beyond_one_is_refused():
    with pytest.raises(UserError, match="distillation of a is 2"):
        LoweredRun("a", "runs/a", distillation=2)
