"""Workers of one machine, started and watched; they are small programs here."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from ffkeras.errors import UserError
from ffkeras.training import launch
from ffkeras.training.launch import run_workers

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds


def program(text, *arguments):
    return [sys.executable, "-c", "import json, os, sys, time\n" + textwrap.dedent(text), *map(str, arguments)]


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_every_worker_is_told_who_takes_part(tmp_path):
    text = """
        task = json.loads(os.environ["TF_CONFIG"])
        open(f"{sys.argv[1]}/{task['task']['index']}", "w").write(os.environ["TF_CONFIG"])
    """
    assert run_workers(3, program(text, tmp_path), [], lambda: False) == 0
    told = [json.loads((tmp_path / str(index)).read_text()) for index in range(3)]
    assert [one["task"] for one in told] == [{"type": "worker", "index": index} for index in range(3)]
    addresses = told[0]["cluster"]["worker"]
    assert all(one["cluster"]["worker"] == addresses for one in told)
    assert len(set(addresses)) == 3


def test_a_killed_worker_starts_again_and_goes_on_if_there_is_a_run(tmp_path, capfd):
    text = """
        index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
        open(f"{sys.argv[1]}/{index}", "a").write(sys.argv[2])
        if index == 1 and sys.argv[2] == "a":
            os.kill(os.getpid(), 9)
        while not os.path.exists(f"{sys.argv[1]}/done"):
            time.sleep(0.02)
    """
    commands = [program(text, tmp_path, which) for which in "ab"]
    threading.Thread(
        target=lambda: (
            wait_for(lambda: (tmp_path / "1").exists() and (tmp_path / "1").read_text() == "ab"),
            (tmp_path / "done").touch(),
        )
    ).start()
    assert run_workers(2, *commands, lambda: True) == 0
    assert [(tmp_path / index).read_text() for index in "01"] == ["a", "ab"]
    assert "worker 1 was ended by SIGKILL" in capfd.readouterr().err


def test_a_worker_that_is_killed_again_and_again_ends_all(monkeypatch):
    monkeypatch.setattr(launch, "RESTARTS", 2)
    text = "os.kill(os.getpid(), 9) if '\"index\": 1' in os.environ['TF_CONFIG'] else time.sleep(100)"
    with pytest.raises(UserError, match="again and again"):
        run_workers(2, program(text), program(text), lambda: False)


def test_a_worker_that_fails_ends_the_others_with_its_code(tmp_path):
    text = """
        index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
        open(f"{sys.argv[1]}/{index}", "w").write(str(os.getpid()))
        while len(os.listdir(sys.argv[1])) < 2:
            time.sleep(0.02)
        sys.exit(3) if index else time.sleep(100)
    """
    assert run_workers(2, program(text, tmp_path), [], lambda: False) == 3
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "0").read_text() or -1), 0)


def test_a_worker_that_does_not_stop_with_the_others_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "GRACE", 0.2)
    text = """
        import signal
        index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
        signal.signal(signal.SIGTERM, lambda *_: None if index else sys.exit())
        open(f"{sys.argv[1]}/{index}", "w").close()
        while True:
            time.sleep(0.02)
    """

    def stop_when_both_are_there():
        wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=stop_when_both_are_there).start()
    with pytest.raises(KeyboardInterrupt):
        run_workers(2, program(text, tmp_path), [], lambda: False)


LAUNCHER = """
from ffkeras.training.launch import run_workers
worker = [sys.executable, "-c", sys.argv[3], sys.argv[1], sys.argv[2]]
sys.exit(run_workers(2, worker, worker, lambda: False))
"""
WORKER = """
import os, signal, sys, time
sys.path.insert(0, sys.argv[2])
from ffkeras.training.launch import end_with_launcher
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append(1))
end_with_launcher()
name = f"{sys.argv[1]}/{os.getpid()}"
open(name, "w").close()
while not asked:
    time.sleep(0.02)
os.rename(name, name + "_asked")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_are_asked_to_stop_when_the_launcher_is(tmp_path, number):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        program(LAUNCHER, tmp_path, ROOT, WORKER), env=environment, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
    process.send_signal(number)
    _, said = process.communicate(timeout=PATIENCE)
    wait_for(lambda: len(list(tmp_path.glob("*_asked"))) == 2)
    assert ("KeyboardInterrupt" in said) == (number == signal.SIGTERM)
