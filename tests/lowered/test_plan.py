"""The plan of a training elsewhere."""

import pytest

from ffkeras.backend import tf
from ffkeras.errors import UserError
from ffkeras.lowered.plan import LoweredRun, Plan
from ffkeras.training.config import TrainingConfig
from ffkeras.training.trainer import make_optimizer

PLAN = Plan((LoweredRun("a", "runs/a"), LoweredRun("b", "runs/b", True, 0.0, ("x", "y"))), ("data",), "runs/teacher")


def test_a_plan_is_read_as_it_was_written(tmp_path):
    PLAN.write(tmp_path)
    assert Plan.read(tmp_path) == PLAN


@pytest.mark.parametrize("steps", [50, 1000])
def test_the_learning_rate_is_that_of_training_here(steps):
    plan = Plan(PLAN.runs, PLAN.data, PLAN.teacher, total_steps=steps)
    config = TrainingConfig(learning_rate=plan.learning_rate, warmup_steps=plan.warmup_steps)
    schedule = make_optimizer(config, steps)._learning_rate
    for step in range(0, steps, 7):
        expected = float(schedule(tf.constant(step, tf.float32)))
        assert plan.learning_rate_at(step) == pytest.approx(expected, rel=1e-4, abs=1e-8)


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
