import os
import signal
import threading
import time

import pytest

from ffkeras.ablation import children, training
from ffkeras.ablation.plan import Plan, Run
from ffkeras.ablation.rows import Row, Rows
from ffkeras.ablation.training import train_missing
from ffkeras.errors import UserError
from ffkeras.files import write_json, write_text

ROWS = Rows([Row("a", "", network="v1"), Row("b", "", base="a", changes={"attention": "none"})])
PLAN = Plan(4)

# A stand-in for tools/train.py: notes its arguments; what `behave` in the row's folder says, it does.
TRAIN = """
import signal, sys, time
from pathlib import Path
folder = Path(sys.argv[sys.argv.index("--output") + 1])
(folder / "calls").open("a").write(" ".join(sys.argv[1:]) + "\\n")
behave = (folder.parents[1] / "behave").read_text() if (folder.parents[1] / "behave").exists() else ""
if behave == "refuse":
    sys.exit("error: nowhere is not a folder.")
(folder / "training.json").write_text("{}")
(folder / "steps.csv").write_text("step\\n")
def stop(*_):
    (folder / "checkpointed").touch()
    sys.exit(130)
signal.signal(signal.SIGTERM, stop)
if behave == "wait":
    (folder / "waiting").touch()
    time.sleep(60)
if behave == "diverge" and folder.parent.name == "a":
    sys.exit("error: the loss became nan.")
(folder / "epochs.csv").write_text("step,epoch\\n4,1\\n")
(folder / "model.weights.h5").write_bytes(b"weights")
"""
MEASURE = """
import json, sys, zlib
from pathlib import Path
folder = Path(sys.argv[1])
crc = f"{zlib.crc32((folder / 'model.weights.h5').read_bytes()):08x}"
with (folder / "calls").open("a") as file:
    file.write("measure\\n")
figures = {"weights": crc, "image_size": [64, 64], "by_source": {"x": 0.5}, "by_height": {}, "faces": {}}
(folder / "held_out.json").write_text(json.dumps(figures))
"""


@pytest.fixture(autouse=True)
def stand_ins(tmp_path, monkeypatch):
    for name, program in (("TRAIN", TRAIN), ("MEASURE", MEASURE)):
        write_text(tmp_path / f"{name}.py", program)
    monkeypatch.setattr(training, "TRAIN", tmp_path / "TRAIN.py")
    monkeypatch.setattr(training, "MEASURE", (tmp_path / "MEASURE.py",))
    monkeypatch.setattr(children, "SECONDS_BETWEEN_LOOKS", 0.02)


def train(folder, told=None, **values):
    wanted = {"rows": ROWS, "names": ["a", "b"], "seeds": [0, 1], "plan": PLAN, "folder": folder, "parallel": 3}
    return train_missing(**{**wanted, **values}, tell=(told if told is not None else []).append)


def calls(folder, row="a", seed=0):
    return (Run(folder, row, seed).folder / "calls").read_text().splitlines()


def test_what_is_finished_is_not_trained_again_and_what_is_not_goes_on(tmp_path):
    folder = tmp_path / "ablation"
    assert train(folder, seeds=[0]) == 2
    first, measured = calls(folder)
    assert "--seed 0" in first
    assert f"--model {folder}/networks/a.json" in first
    assert "--steps 4" in first
    assert "--threads 1" in first
    assert measured == "measure"
    assert train(folder, seeds=[0]) == 0

    run = Run(folder, "a", 0)
    write_text(run.folder / "epochs.csv", "step,epoch\n2,1\n")  # as a kill leaves it
    (run.folder / "held_out.json").unlink()
    assert train(folder) == 3  # this one and the second seeds
    assert calls(folder)[2:] == [f"--resume --output {run.folder} --threads 1", "measure"]
    assert len(calls(folder, "b")) == 2

    (run.folder / "model.weights.h5").write_bytes(b"others")  # measured figures are of other weights now
    assert train(folder) == 1
    assert calls(folder)[4:] == ["measure"]


def test_a_wrong_option_stops_all_at_once(tmp_path):
    write_text(tmp_path / "runs" / "behave", "refuse")
    with pytest.raises(UserError, match="a/seed_0 could not start: nowhere is not a folder; all of it in"):
        train(tmp_path, parallel=1)
    assert not Run(tmp_path, "b", 0).folder.exists()


def test_a_run_that_fails_later_does_not_stop_the_others(tmp_path):
    write_text(tmp_path / "runs" / "behave", "diverge")
    with pytest.raises(UserError, match="a/seed_0 failed; read"):
        train(tmp_path, seeds=[0])
    assert Run(tmp_path, "b", 0).is_finished(4)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_children_which_keep_their_checkpoints(tmp_path, number):
    write_text(tmp_path / "runs" / "behave", "wait")
    running = [Run(tmp_path, row, 0).folder for row in ("a", "b")]

    def stop():
        deadline = time.monotonic() + 60
        while not all((folder / "waiting").exists() for folder in running) and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    threading.Thread(target=stop).start()
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, parallel=2)
    assert all((folder / "checkpointed").exists() for folder in running)
    assert not Run(tmp_path, "a", 1).folder.exists()


def test_a_folder_in_which_another_process_trains_is_left_alone(tmp_path):
    import fcntl

    run = Run(tmp_path, "a", 0)
    write_json(run.folder / "training.json", {})
    told = []
    with (run.folder / children.LOCK_FILE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert train(tmp_path, told, seeds=[0]) == 1
    assert "a/seed_0: another process trains it; left out" in told
    assert not (run.folder / "calls").exists()


def test_a_changed_row_is_told(tmp_path):
    train(tmp_path, seeds=[0], names=["a"])
    with pytest.raises(UserError, match="another network"):
        train(tmp_path, rows=Rows([Row("a", "", network="v2_ultra")]), names=["a"])
