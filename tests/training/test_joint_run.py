"""Two workers on this machine train as one does; one of them is killed on the way."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ffkeras.data.synthetic import SyntheticFaces
from ffkeras.files import write_json
from ffkeras.models.build import build_model
from ffkeras.models.config import config_from_json
from ffkeras.models.saving import load_run, save_run
from tests.data.label_folder import write_label_folder

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 1200  # seconds
TOLERANCE = 1e-4  # of a loss on moving statistics, after 24 steps: sums are in another order, which Adam makes more of
LOOSE = (
    0.03  # on batch statistics, which magnify rounding in maps as small as these: one and two threads differ by 1.4 %
)
BARE = {
    "network": "v2_ultra",
    "pyramid_layers": 1,
    **dict.fromkeys(("backbone_attention", "pyramid_attention", "context", "dynamic_weight_sharing"), False),
    **dict.fromkeys(("smart_feature_reuse", "attention_multiplication"), False),
    **dict.fromkeys(("progressive_enhancement", "multi_scale_intelligence"), False),
}  # quick to trace
RECIPE = ("--image-size", 64, "--validation-size", 64, "--batch-size", 4, "--epochs", 8, "--warmup-steps", 5)


def command(*arguments):
    return [sys.executable, str(ROOT / "tools" / "train.py"), *map(str, arguments)]


def run(*arguments):
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    write_label_folder(SyntheticFaces(24, image_size=(64, 64)), folder)
    write_json(folder / "bare.json", BARE)
    save_run(build_model(config_from_json(BARE)), folder / "teacher")
    return folder


def recipe(faces, *more):
    return ("--model", faces / "bare.json", "--data", faces, *RECIPE, *more)


@pytest.fixture(scope="module")
def alone(faces, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone") / "run"
    run(*recipe(faces), "--threads", 1, "--output", folder)
    return folder


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def assert_same_run(folder, expected, tolerance=LOOSE):
    """All losses where the tolerance is tight; otherwise their sum, of which the parts are smaller and noisier."""
    for name in ("steps.csv", "epochs.csv"):
        mine, theirs = rows(folder / name), rows(expected / name)
        assert [row["step"] for row in mine] == [row["step"] for row in theirs]
        for column in theirs[0] if tolerance < LOOSE else ("loss",):
            if column != "validation_ap":  # which a few faces decide
                values = [[float(row[column]) for row in each] for each in (mine, theirs)]
                np.testing.assert_allclose(*values, rtol=tolerance, atol=1e-4, err_msg=f"{name}: {column}")


@pytest.fixture(scope="module")
def together(faces, tmp_path_factory):
    folder = tmp_path_factory.mktemp("together") / "run"
    done = run(*recipe(faces), "--workers", 2, "--threads", 1, "--output", folder)
    assert "by 2 workers" in done.stdout
    return folder


def test_two_workers_train_as_one_with_the_same_batches(alone, together):
    assert_same_run(together, alone)
    load_run(together)


@pytest.mark.parametrize("taught", [False, True])
def test_without_batch_statistics_they_are_nearer_to_one(faces, tmp_path, taught):
    options = recipe(faces, "--steps", 24, "--frozen-norm-share", 1)
    options += ("--teacher", faces / "teacher") if taught else ()
    run(*options, "--threads", 1, "--output", tmp_path / "one")
    run(*options, "--workers", 2, "--output", tmp_path / "two")
    assert_same_run(tmp_path / "two", tmp_path / "one", TOLERANCE)


def test_with_statistics_of_their_own_parts_they_learn_as_much(faces, alone, tmp_path):
    """Another training, since parts have two images: no nearer than that."""
    run(*recipe(faces, "--norm-statistics", "worker"), "--workers", 2, "--output", tmp_path / "two")
    mine, theirs = (rows(folder / "epochs.csv") for folder in (tmp_path / "two", alone))
    assert float(mine[0]["loss"]) != float(theirs[0]["loss"])
    assert float(mine[-1]["loss"]) < 1.2 * float(theirs[-1]["loss"])


def children(process):
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(number) for number in text.split()]


@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_worker_comes_back_and_the_run_ends_as_without_that(faces, together, tmp_path, victim):
    """To the last digit: one thread in each worker adds in one order."""
    output = tmp_path / "run"
    process = subprocess.Popen(
        command(*recipe(faces), "--workers", 2, "--threads", 1, "--output", output), stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + PATIENCE
    while not (output / "epochs.csv").exists() or len(rows(output / "epochs.csv")) < 2:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(children(process.pid)[victim], signal.SIGKILL)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert f"worker {victim} was ended by SIGKILL" in said
    for name in ("steps.csv", "epochs.csv"):
        assert (output / name).read_text() == (together / name).read_text()


def test_a_run_that_is_stopped_is_kept_whole_and_resumed_alone(faces, alone, tmp_path):
    output = tmp_path / "run"
    process = subprocess.Popen(
        command(*recipe(faces), "--workers", 2, "--output", output), stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + PATIENCE
    while not (output / "epochs.csv").exists() or len(rows(output / "epochs.csv")) < 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "stopped at step" in said
    run("--resume", "--output", output, "--threads", 1)
    assert_same_run(output, alone)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--batch-size", 5), "cannot be shared by 2 workers"),
        (("--teacher", "nowhere"), "nowhere is not a run folder"),
        (("--workers", 0), "--workers is 0"),
    ],
)
def test_what_cannot_be_trained_ends_all_workers_with_a_sentence(faces, tmp_path, options, said):
    line = command(*recipe(faces), "--workers", 2, *options, "--output", tmp_path / "run")
    done = subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
