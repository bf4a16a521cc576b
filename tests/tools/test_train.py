import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest

from ffkeras.data.synthetic import SyntheticFaces
from ffkeras.files import write_json
from ffkeras.models.build import build_model
from ffkeras.models.config import config_from_json
from ffkeras.models.saving import save_run
from tests.data.label_folder import write_label_folder
from tests.tool import call_tool

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--image-size", "64", "--validation-size", "64", "--batch-size", "4"]
QUICK = [*SMALL, "--frozen-norm-share", "0"]  # traced once
PATIENCE = 300  # seconds
BARE = {
    "network": "v2_ultra",
    "pyramid_layers": 1,
    **dict.fromkeys(("backbone_attention", "pyramid_attention", "context", "dynamic_weight_sharing"), False),
    **dict.fromkeys(("smart_feature_reuse", "attention_multiplication"), False),
    **dict.fromkeys(("progressive_enhancement", "multi_scale_intelligence"), False),
}  # quick to trace


def command(*arguments):
    return [sys.executable, str(ROOT / "tools" / "train.py"), *map(str, arguments)]


def run(*arguments):
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=PATIENCE)


@pytest.fixture
def faces(tmp_path):
    write_label_folder(SyntheticFaces(24, image_size=(64, 64)), tmp_path / "faces")
    return tmp_path / "faces"


def test_a_killed_run_resumes_to_the_end(faces, tmp_path):
    output, network = tmp_path / "run", tmp_path / "bare.json"
    write_json(network, BARE)
    started = subprocess.Popen(
        command("--model", network, "--data", faces, "--epochs", 8, "--output", output, *QUICK),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    epochs = output / "epochs.csv"
    deadline = time.monotonic() + PATIENCE
    while not (epochs.exists() and len(epochs.read_text().splitlines()) > 2):
        assert started.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(started.pid, signal.SIGKILL)
    started.wait()

    resumed = run("--resume", "--output", output)
    assert resumed.returncode == 0, resumed.stderr
    with epochs.open(newline="") as file:
        assert [int(row["epoch"]) for row in csv.DictReader(file)] == list(range(1, 9))
    assert (output / "model.weights.h5").exists()
    assert not list(output.glob("*.part*"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--image-size", "100"], "not a multiple of 32"),
        (["--model", "resnet"], "no network 'resnet'"),
        (["--data", "nowhere"], "nowhere is not a folder"),
        (["--resume"], "--resume needs --output"),
        (["--resume", "--seed", "3", "--output", "x"], "leave out --seed"),
        (["--epochs", "0"], "epochs is 0"),
        (["--teacher", "nowhere"], "nowhere is not a run folder"),
        (["--temperature", "3"], "--teacher"),
        (["--xla", "--workers", "2"], "leave out --xla or --workers"),
        (["--backbone", "gone.npz"], "gone.npz does not exist"),
    ],
)
def test_bad_arguments_are_one_sentence_and_leave_nothing(tmp_path, arguments, said):
    output = tmp_path / "run"
    if "--output" not in arguments and "--resume" not in arguments:
        arguments = [*arguments, "--output", str(output)]
    result = call_tool("train", *arguments, folder=tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not output.exists()


def test_a_trained_network_teaches_another(faces, tmp_path):
    save_run(build_model(config_from_json(BARE)), tmp_path / "teacher")
    write_json(tmp_path / "student.json", BARE)
    options = ["--epochs", 1, "--teacher", tmp_path / "teacher", "--distillation", 0.5]
    output = tmp_path / "student"
    taught = run("--model", tmp_path / "student.json", "--data", faces, *options, "--output", output, *QUICK)
    assert taught.returncode == 0, taught.stderr
    with (output / "epochs.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert float(row["distillation_class"]) > 0


def test_an_image_that_breaks_off_is_named_and_left_out(faces, tmp_path):
    victim = sorted(faces.rglob("*.jpg"))[3]
    victim.write_bytes(victim.read_bytes()[:200])
    assert cv2.imread(str(victim)) is None
    write_json(tmp_path / "bare.json", BARE)
    result = run(
        "--model", tmp_path / "bare.json", "--data", faces, "--epochs", 1, "--output", tmp_path / "run", *QUICK
    )
    assert result.returncode == 0, result.stderr
    assert victim.name in result.stderr and "left out" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_run_made_longer_ends_as_one_that_was_longer_from_the_start(tmp_path):
    """To the last digit: one thread adds in one order."""
    recipe = [*SMALL, "--synthetic-count", "24", "--schedule", "wsd", "--decay-share", "0.5", "--warmup-steps", "5"]
    model = tmp_path / "bare.json"
    write_json(model, BARE)
    short, whole = tmp_path / "short", tmp_path / "whole"
    for arguments in (
        ("--model", model, *recipe, "--epochs", "4", "--output", short),
        ("--resume", "--epochs", "6", "--output", short),
        ("--model", model, *recipe, "--epochs", "6", "--output", whole),
    ):
        done = run("--threads", "1", *arguments)
        assert done.returncode == 0, done.stderr
    rows = (whole / "epochs.csv").read_text()
    assert len(rows.splitlines()) == 1 + 6
    assert (short / "epochs.csv").read_text() == rows
    assert (short / "steps.csv").read_text() == (whole / "steps.csv").read_text()
