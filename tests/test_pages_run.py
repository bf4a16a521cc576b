"""Commands of the pages run as a reader would run them, on small pictures and in a copy of the repository."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.pages.markdown import ROOT, page_names, read_page
from tests.pages.programs import written_by
from tests.pages.runs import ELSEWHERE, QUICK, SLOW, Step, made_small, verdict
from tests.pages.words import Call, split_calls
from tests.pages.workspace import make_workspace
from tests.test_pages import commands_in_text

SECONDS = 1200  # for one command, on a busy machine


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return make_workspace(tmp_path_factory.mktemp("reader") / "ffkeras")


def calls_of(page: str) -> list:
    """(command, call) of blocks and sentences."""
    parsed = read_page(page)
    commands = (*parsed.commands, *commands_in_text(parsed))
    return [(command, call) for command in commands for call in split_calls(command)]


def steps(table, *marks):
    for page, entries in table.items():
        for step in entries:
            yield pytest.param(page, step, id=f"{page}: {step.start}", marks=marks)


def run(words: list[str], folder) -> subprocess.CompletedProcess:
    """Run a command as with .venv/bin first in PATH."""
    if words[0] == "ffkeras":
        words = [sys.executable, "-m", *words]
    elif words[0].rpartition("/")[2] in ("python", "python3"):
        words = [sys.executable, *words[1:]]
    elif words[0].endswith(".py"):
        words = [sys.executable, *words]
    environment = {**os.environ, "PYTHONPATH": "", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS)


@pytest.mark.parametrize(("page", "step"), [*steps(QUICK), *steps(SLOW, pytest.mark.slow)])
def test_the_command_does_what_the_page_says(page, step, workspace):
    calls = [(command, call) for command, call in calls_of(page) if verdict(page, call) is step]
    assert calls, f"{page} has no command that begins with {step.start}"
    command, call = calls[0]
    done = run(made_small(call, step.changes), workspace)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert "Traceback" not in done.stderr
    missing = [path for path in written_by(command) if path != "-" and not (workspace / path).exists()]
    assert not missing, f"{command}\nwrote no {missing}"


@pytest.mark.slow
def test_the_worker_of_the_pis_page_gives_what_the_reference_gave(workspace):
    """After the page's tools/validate_tflite.py --keep-inputs, with everything in one folder as the page says."""
    page = "tflite/rpi/README.md"
    by_start = {call.words[1]: call for _, call in calls_of(page) if len(call.words) > 1}
    run(list(by_start["tools/validate_tflite.py"].words), workspace)
    folder = workspace / "output" / "device"
    shutil.copy(ROOT / "ffkeras" / "runtimes" / "worker.py", folder)
    shutil.copy(ROOT / "tflite" / "models" / "v2_ultra_320_int8.tflite", folder)
    worked = run(list(by_start["worker.py"].words), folder)
    assert worked.returncode == 0, worked.stderr
    compared = run(list(by_start["-c"].words), folder)
    assert compared.returncode == 0, compared.stderr
    differences = eval(compared.stdout, {"np": None, "inf": float("inf")})
    assert differences and set(differences.values()) == {0.0}


@pytest.mark.parametrize("page", page_names())
def test_each_command_is_run_here_or_elsewhere(page):
    assert not [str(command) for command, call in calls_of(page) if verdict(page, call) is None]


@pytest.mark.parametrize("where", sorted({where for where in ELSEWHERE.values() if where.startswith("tests/")}))
def test_elsewhere_is_there(where):
    assert (ROOT / where).exists()


def test_a_command_that_nobody_thought_of_is_noticed():
    assert verdict("README.md", Call({}, ("tools/paint.py", "photo.jpg"), True)) is None
    assert isinstance(verdict("README.md", Call({}, ("ffkeras", "data", "check", "faces/"), True)), Step)


def test_a_command_is_made_small():
    call = Call({}, ("tools/train.py", "--epochs", "12", "--data", "a/", "b/", "--seed=3"), True)
    changes = {"--epochs": None, "--steps": "2", "--seed": "1"}
    assert made_small(call, changes) == ["tools/train.py", "--data", "a/", "b/", "--steps", "2", "--seed", "1"]
