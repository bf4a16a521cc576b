"""Running a tool as a user does."""

import contextlib
import io
import logging
import runpy
import subprocess
import sys
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]


def run_tool(name: str, *arguments, folder="/", environment=None) -> subprocess.CompletedProcess:
    """Run tools/NAME.py in a process of its own, from another folder unless told otherwise."""
    command = [sys.executable, str(ROOT / "tools" / f"{name}.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)


def call_tool(name: str, *arguments, folder="/") -> subprocess.CompletedProcess:
    """As `run_tool`, in this process, which spares the imports: several seconds where TensorFlow is among them.

    Not for what belongs to a process: signals, TensorFlow's threads, and what readers say through `logging`, which here
    is pytest's.
    """
    command = [str(ROOT / "tools" / f"{name}.py"), *map(str, arguments)]
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)]
    logger = logging.getLogger("ffkeras")
    level, code = logger.level, None
    with (
        mock.patch.object(sys, "argv", command),
        mock.patch.object(sys, "path", [*sys.path]),  # to which tools add their checkout
        contextlib.chdir(folder),
        contextlib.redirect_stdout(streams[0]),
        contextlib.redirect_stderr(streams[1]),
    ):
        try:
            runpy.run_path(command[0], run_name="__main__")
        except SystemExit as ended:
            code = ended.code
        finally:
            logger.setLevel(level)
    out, err = (stream.buffer.getvalue().decode() for stream in streams)
    return subprocess.CompletedProcess(command, code or 0, out, err)


def assert_fails(result: subprocess.CompletedProcess, *words: str) -> None:
    """A tool ended with nothing on standard output and one sentence that has these words, and no traceback."""
    assert result.returncode == 1
    assert result.stdout == ""
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert "Traceback" not in result.stderr
    assert all(word in last for word in words), last
