import subprocess
import sys
from pathlib import Path

import pytest

from ffkeras.errors import UserError
from ffkeras.training.lock import lock_run, unlock_run

HOLD = """
import sys
from pathlib import Path
from ffkeras.training.lock import lock_run
lock_run(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""
pytest.importorskip("fcntl")
ROOT = Path(__file__).parents[2]


def test_a_folder_is_for_one_process_until_it_ends_however_it_does(tmp_path):
    folder = tmp_path / "new" / "run"
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(UserError, match="another process is training in .*run; wait for its end"):
            lock_run(folder)
        other.kill()
    lock_run(folder)
    lock_run(folder)  # the same process may take it again
    unlock_run(folder)
    assert list(folder.iterdir()) == []


def test_a_place_where_no_folder_can_be_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot write .*file/run: Not a directory; choose another --output"):
        lock_run(tmp_path / "file" / "run")
