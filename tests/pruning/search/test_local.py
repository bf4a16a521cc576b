import signal
import sys

import pytest

from ffkeras.errors import UserError
from ffkeras.pruning.search import local
from ffkeras.pruning.search.local import LocalSearch, shares

# A stand-in for tools/prune.py: the chief waits for two results, a worker writes its own; `victim` dies the first time.
PROGRAM = """
import os, signal, sys, time
from pathlib import Path
folder, victim, name = Path(sys.argv[1]), sys.argv[2], os.environ["KERASTUNER_TUNER_ID"]
assert os.environ["KERASTUNER_ORACLE_IP"] and int(os.environ["KERASTUNER_ORACLE_PORT"])
if name == "chief":
    while len(list(folder.glob("worker-*"))) < 2:
        time.sleep(0.05)
    sys.exit(3)
if name == victim and (victim == "worker-1" and not (folder / "died").exists() or victim == "worker-0"):
    (folder / "died").touch()
    os.kill(os.getpid(), signal.SIGKILL)
if victim == "all":
    sys.exit("nothing to do")
(folder / name).touch()
"""


@pytest.fixture(autouse=True)
def look_often(monkeypatch):
    monkeypatch.setattr(local, "SECONDS_BETWEEN_LOOKS", 0.02)


def search(tmp_path, victim):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    return LocalSearch([sys.executable, program, tmp_path, victim], 2)


def test_cores_are_divided_between_workers():
    assert shares([0, 1, 2, 3, 4], 2) == [[0, 2, 4], [1, 3]]
    assert shares([5], 3) == [[5], [5], [5]]


def test_a_killed_worker_is_started_anew_and_the_chiefs_exit_code_is_given(tmp_path, capfd):
    assert search(tmp_path, "worker-1").run() == 3
    said = capfd.readouterr().out
    assert f"worker-1: killed by {signal.Signals.SIGKILL.name}" in said
    assert said.count("worker-1: process") == 2
    assert said.count("worker-0: process") == 1


def test_a_worker_that_is_always_killed_ends_the_search(tmp_path):
    running = search(tmp_path, "worker-0")
    with pytest.raises(UserError, match="worker-0 was killed 6 times"):
        running.run()
    assert all(process.poll() is not None for process in running._processes.values())


def test_the_search_ends_where_every_worker_has_failed(tmp_path, capfd):
    assert search(tmp_path, "all").run() == 1
    assert "worker-0: nothing to do" in capfd.readouterr().out
