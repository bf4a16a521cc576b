"""Some steps of a run in JAX, state packed and many in one call, and the run that goes on from there."""

import csv
import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.stablehlo.leg import Leg, LegResult
from ffkeras.stablehlo.leg_pack import leg_variables, pack_leg
from ffkeras.stablehlo.leg_return import take_back_leg
from ffkeras.training.config import TrainingConfig
from ffkeras.training.lock import unlock_run
from ffkeras.training.run import resume_run, start_run
from tests.small_networks import SMALLEST_NANO_B

pytest.importorskip("jax")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CONFIG = TrainingConfig(
    synthetic_count=12,
    image_size=(64, 64),
    batch_size=2,
    epochs=4,
    warmup_steps=3,
    validation_size=(64, 64),
)
PIECE = 4 * 10**6  # the text of a step is the largest file here
# On moving statistics. Where a gradient is next to nothing its sign is chance, and Adam makes a whole step of it: so
# much of the way that the learning rate allows do single weights differ at most, and so much do they on average.
FARTHEST, USUAL, LOSS = 0.1, 1e-3, 1e-4
LOOSE_LOSS = 0.02  # on batch statistics, which magnify rounding in maps as small as these


@pytest.fixture(scope="module", params=[1.0, 0.5], ids=["moving statistics", "both kinds of statistics"])
def frozen_share(request):
    return request.param


@pytest.fixture(scope="module")
def begun(frozen_share, tmp_path_factory):
    """A run folder before its first step, and a leg of 20 of its 24 steps, done in JAX."""
    folder = tmp_path_factory.mktemp("leg")
    config = dataclasses.replace(CONFIG, frozen_norm_share=frozen_share)
    trainer = start_run(SMALLEST_NANO_B, config, folder / "run")
    pack_leg(trainer, folder / "leg", 20, PIECE)
    unlock_run(folder / "run")
    shutil.copytree(folder / "run", folder / "here")
    line = [sys.executable, ROOT / "tools" / "leg.py", "run", folder / "leg", "--output", folder / "out"]
    options = ["--processes", "2", "--steps-per-call", "4"]
    done = subprocess.run(
        [*line, *options],
        env={**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_no_piece_is_too_large(begun):
    sizes = [path.stat().st_size for path in (begun / "leg").rglob("*") if path.is_file()]
    assert max(sizes) <= PIECE


def test_packed_steps_are_those_of_the_cpu_and_the_run_goes_on_from_them(begun, frozen_share):
    trainer = resume_run(begun / "run")
    start = [variable.numpy() for variable in leg_variables(trainer)]
    assert take_back_leg(trainer, begun / "leg", begun / "out" / "result.npz") == 20

    here = resume_run(begun / "here")
    here.total_steps, whole = 20, here.total_steps
    here.run()
    (mine,), (theirs,) = (rows(folder / "steps.csv") for folder in (begun / "run", begun / "here"))
    tolerance = LOSS if frozen_share == 1 else LOOSE_LOSS
    for column in theirs:
        np.testing.assert_allclose(float(mine[column]), float(theirs[column]), rtol=tolerance, err_msg=column)
    if frozen_share == 1:
        way = sum(here.schedule.rate_at(step) for step in range(20))
        assert_same_state(trainer, here, start, way)
    for mine, theirs in zip(leg_variables(trainer), leg_variables(here), strict=True):
        if mine.dtype.is_integer:
            np.testing.assert_array_equal(mine.numpy(), theirs.numpy())

    unlock_run(begun / "run")
    again = resume_run(begun / "run")
    again.run()
    assert again.step == whole
    assert [row["epoch"] for row in rows(begun / "run" / "epochs.csv")] == ["1", "2", "3", "4"]
    assert rows(begun / "run" / "epochs.csv")[0]["validation_ap"] == "nan"
    assert float(rows(begun / "run" / "epochs.csv")[3]["validation_ap"]) >= 0


def assert_same_state(trainer, here, start, way):
    """All arrays, moments of the optimizer among them, which go their own ways."""
    for mine, theirs, before in zip(leg_variables(trainer), leg_variables(here), start, strict=True):
        if mine.dtype.is_floating and mine.shape.rank:
            apart = np.abs(mine.numpy() - theirs.numpy())
            moved = np.abs(theirs.numpy() - before)
            assert apart.max() <= FARTHEST * max(way, moved.max()), mine.name
            assert apart.mean() <= USUAL * max(way, moved.mean()), mine.name


def test_what_does_not_fit_is_refused(begun, tmp_path):
    shutil.copytree(begun / "here", tmp_path / "run")
    trainer = resume_run(tmp_path / "run")
    with pytest.raises(UserError, match="not in the state of step 0"):
        take_back_leg(trainer, begun / "leg", begun / "out" / "result.npz")
    result = LegResult.read(begun / "out" / "result.npz")
    dataclasses.replace(result, digest="other").write(tmp_path / "result.npz")
    with pytest.raises(UserError, match="is not of the leg"):
        take_back_leg(trainer, begun / "leg", tmp_path / "result.npz")
    with pytest.raises(UserError, match="holds a leg already"):
        pack_leg(trainer, begun / "leg", 3, PIECE)
    assert Leg.read(begun / "leg").steps == 20
