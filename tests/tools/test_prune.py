import csv
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ffkeras.commands.prune import main
from ffkeras.data.synthetic import SyntheticFaces
from ffkeras.errors import UserError
from ffkeras.files import read_json
from tests.data.label_folder import write_label_folder

TOOLS = Path(__file__).resolve().parents[2] / "tools"
SMALL = ["--image-size", "64", "--validation-size", "64", "--batch-size", "4", "--held-out", "4", "--threads", "1"]
PATIENCE = 600  # seconds


def command(tool, *arguments):
    return [sys.executable, str(TOOLS / tool), *map(str, arguments)]


def prune(*arguments):
    return subprocess.run(command("prune.py", *arguments), capture_output=True, text=True, timeout=PATIENCE)


def read_trials(folder):
    with (folder / "search" / "trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def wait_for(condition, process):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "faces"
    write_label_folder(SyntheticFaces(64, image_size=(64, 64)), folder)  # two of them are held out
    return folder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--output", "x"], "name the run to prune"),
        (["run", "--budget", "params=150k"], "name the folder of the pruning with --output"),
        (["run", "--output", "x"], "give a --budget, or --rates"),
        (["run", "--output", "x", "--budget", "size=3"], "limits none of params"),
        (["run", "--output", "x", "--rates", "pyramid"], "write backbone/32=0.5"),
        (["run", "--output", "x", "--rates", "pyramid=0.5", "--uniform"], "give one of them"),
        (["run", "--output", "x", "--rates", "pyramid=1.5"], "the rate of pyramid is 1.5"),
        (["run", "--output", "x", "--resume"], "leave out RUN"),
        (["--output", "x", "--resume", "--trials", "3"], "leave out --trials"),
        (["--map"], "--map takes the run"),
    ],
)
def test_options_that_do_not_go_together_are_one_sentence(tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=said):
        main(arguments)
    assert not (tmp_path / "x").exists()


def test_a_refusal_is_printed_and_exits_with_1():
    result = prune("--map")
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_search_killed_in_a_trial_resumes_to_a_pruned_network(small_run, faces, tmp_path):
    output = tmp_path / "out"
    options = ["--budget", "params=0.6x", "--data", faces, "--trials", 5, "--trial-steps", 40, "--epochs", 2, *SMALL]
    started = subprocess.Popen(command("prune.py", small_run, "--output", output, *options), stdout=subprocess.DEVNULL)
    trials = output / "search" / "trials"
    wait_for(lambda: (trials / "trial_2").exists(), started)
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    before = read_trials(output)
    assert len(before) >= 2

    resumed = prune("--resume", "--output", output)
    assert resumed.returncode == 0, resumed.stderr
    after = read_trials(output)
    assert after[: len(before)] == before
    assert [int(row["trial"]) for row in after] == list(range(5))
    check_result(output, small_run, share=0.6)
    assert "tools/train.py --from" in resumed.stdout


def check_result(output, dense_run, share):
    """The pruned network on disk is what the record promises, and computes what the masked one does."""
    import numpy as np

    from ffkeras.models.saving import load_run

    def parameters(model):
        return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)

    record = read_json(output / "removed" / "pruning.json")
    dense, removed = load_run(dense_run), load_run(output / "removed")
    assert record["parameters"] == [parameters(dense), parameters(removed)]
    assert parameters(removed) <= share * parameters(dense)
    assert record["difference"] < 1e-4
    images = np.random.default_rng(0).uniform(-128, 127, (1, 64, 96, 3)).astype(np.float32)
    for name, values in load_run(output / "soft" / "masked")(images).items():
        assert np.abs(values - removed(images)[name]).max() < 1e-4


@pytest.mark.slow
def test_a_worker_killed_in_its_trial_costs_that_trial_alone(small_run, faces, tmp_path):
    output, log = tmp_path / "out", tmp_path / "log"
    options = ["--budget", "params=0.6x", "--data", faces, "--trials", 6, "--trial-steps", 60, "--search-only", *SMALL]
    with log.open("w") as file:
        started = subprocess.Popen(
            command("search_local.py", "--", small_run, "--output", output, *options), stdout=file, stderr=file
        )
    wait_for(lambda: "worker-1: trial" in log.read_text(), started)
    victim = int(re.search(r"worker-1: process (\d+)", log.read_text())[1])
    os.kill(victim, signal.SIGKILL)
    assert started.wait(PATIENCE) == 0, log.read_text()
    said = log.read_text()
    assert "worker-1: killed by SIGKILL" in said
    assert said.count("trial 0: ") == 1
    assert [int(row["trial"]) for row in read_trials(output)] == list(range(6))
    assert read_json(output / "search" / "search.json")["best"] is not None
