"""The plan of a training elsewhere."""

import dataclasses

import pytest

from ffkeras.data.augment_config import AugmentConfig
from ffkeras.errors import UserError
from ffkeras.lowered.plan import LoweredRun, Plan
from ffkeras.training.config import TrainingConfig
from ffkeras.training.loss_config import SSD

PLAN = Plan((LoweredRun("a", "runs/a"), LoweredRun("b", "runs/b", True, 0.0, ("x", "y"))), ("data",), "runs/teacher")


def test_a_plan_is_read_as_it_was_written(tmp_path):
    plan = dataclasses.replace(PLAN, loss=SSD, augment=AugmentConfig(grey_probability=0.5))
    plan.write(tmp_path)
    assert Plan.read(tmp_path) == plan


@pytest.mark.parametrize("schedule", ["cosine", "wsd"])
def test_learning_rate_and_statistics_are_those_of_training_here(schedule):
    plan = dataclasses.replace(PLAN, total_steps=1000, schedule=schedule)
    config = TrainingConfig(
        schedule=schedule,
        learning_rate=plan.learning_rate,
        warmup_steps=plan.warmup_steps,
        decay_share=plan.decay_share,
        frozen_norm_share=plan.frozen_norm_share,
    )
    assert plan.schedule_of_steps() == config.schedule_of(1000)


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
