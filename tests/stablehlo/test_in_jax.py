"""JAX, in an environment without TensorFlow, does the steps that TensorFlow does here."""

import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pytest

from ffkeras.backend import keras
from ffkeras.data.samples import PipelineConfig, make_sample
from ffkeras.geometry import make_anchors
from ffkeras.models.build import build_model
from ffkeras.models.saving import save_run
from ffkeras.stablehlo.arrays import unpack
from ffkeras.stablehlo.batches import batch_arrays, batch_bytes, load_source, matcher_of, write_sample
from ffkeras.stablehlo.export import TARGETS, TAUGHT, LoweredStep, export_training, make_encoding
from ffkeras.stablehlo.plan import LoweredRun, Plan
from ffkeras.training.config import TrainingConfig
from tests.data.label_folder import write_noise_folder
from tests.small_networks import SMALLEST_NANO_B

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
STEPS = 3


@pytest.fixture(scope="module")
def jax_python(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("jax")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", f"{ROOT}[jax]"], check=True)
    return python


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> Plan:
    folder = tmp_path_factory.mktemp("lowered")
    write_noise_folder(folder, 6, (96, 96), ["20 20 30 40", "60 30 20 24"])
    for name, seed in (("student", 1), ("teacher", 2)):
        keras.utils.set_random_seed(seed)
        save_run(build_model(SMALLEST_NANO_B), folder / name)
    run = LoweredRun("a", str(folder / "student"))
    return Plan(
        (run,),
        TrainingConfig(
            data=(str(folder),),
            teacher=str(folder / "teacher"),
            image_size=(64, 64),
            batch_size=2,
            steps=STEPS,
            frozen_norm_share=0.4,
        ),
    )


def test_steps_in_jax_are_those_of_tensorflow(jax_python, plan, tmp_path):
    plan = export_training(plan, tmp_path / "lowered")
    command = [jax_python, ROOT / "tools" / "train_lowered.py", tmp_path / "lowered", "--output", tmp_path / "out"]
    subprocess.run([*command, "--processes", "1"], check=True, stdout=sys.stderr)

    step, encode = LoweredStep(plan.runs[0], plan), make_encoding(plan)
    arrays = batch_arrays(plan, bytearray(batch_bytes(plan)))
    source, match = load_source(plan), matcher_of(plan)
    config = PipelineConfig(
        plan.training.image_size, plan.training.batch_size, plan.mean, plan.training.seed, plan.training.augment
    )
    schedule = plan.schedule
    assert len(make_anchors(SMALLEST_NANO_B.anchors, plan.training.image_size)) == 252
    for number in range(STEPS):
        for row in range(plan.training.batch_size):
            write_sample(make_sample(source, config, number * plan.training.batch_size + row), match, plan, arrays, row)
        images, *encoded = encode(*arrays)
        step.learning_rate.assign(schedule.rate_at(number))
        assert len(encoded) == len(TARGETS) + len(TAUGHT)
        step(schedule.is_frozen_at(number), images, *encoded)
    trained = unpack(tmp_path / "out" / "a.end.npz")
    start = unpack(tmp_path / "lowered" / "a.start.npz")
    # Where a gradient is next to nothing its sign is chance, and Adam makes a whole step of it.
    way = sum(schedule.rate_at(number) for number in range(STEPS))
    moved, shares = 0, []
    for mine, theirs, before in zip(trained, step.variables, start, strict=True):
        difference = np.abs(mine - theirs.numpy()).astype(np.float64)
        scale = way + np.abs(theirs.numpy()).mean()
        assert difference.max(initial=0) <= 2 * scale
        shares.append(difference.mean() / scale)
        moved += int(not np.array_equal(mine, before))
    assert np.mean(shares) < 0.005 and max(shares) < 0.2, sorted(shares)[-20:]
    assert moved > 0.8 * len(start)
