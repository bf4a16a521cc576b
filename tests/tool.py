"""Running a tool as a user does."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def run_tool(name: str, *arguments, folder="/", environment=None) -> subprocess.CompletedProcess:
    """Run tools/NAME.py in a process of its own, from another folder unless told otherwise."""
    command = [sys.executable, str(ROOT / "tools" / f"{name}.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)


def assert_fails(result: subprocess.CompletedProcess, *words: str) -> None:
    """A tool ended with nothing on standard output and one sentence that has these words, and no traceback."""
    assert result.returncode == 1
    assert result.stdout == ""
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert "Traceback" not in result.stderr
    assert all(word in last for word in words), last
