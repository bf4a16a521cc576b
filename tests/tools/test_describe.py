import json
import subprocess
import sys
from pathlib import Path

import pytest

from ffkeras.models.build import build_model
from ffkeras.models.saving import save_run

TOOL = Path(__file__).resolve().parents[2] / "tools" / "describe.py"


def run_tool(*arguments):
    """Run the tool as a user does, from another folder."""
    command = [sys.executable, str(TOOL), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)


def assert_fails(result, *words):
    assert result.returncode == 1
    assert result.stdout == ""
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ")
    assert "Traceback" not in result.stderr
    assert all(word in last for word in words), last


def test_a_table_of_a_network_is_printed():
    result = run_tool("--model", "v2_ultra", "--image-size", "64")
    assert result.returncode == 0
    assert all(word in result.stdout for word in ("213,072", "SSH_Grouped", "244,483", "64 x 64", "8x8x64"))


def test_json_of_a_run_folder_tells_the_same(tmp_path):
    save_run(build_model("nano_b"), tmp_path / "run")
    result = run_tool("--model", tmp_path / "run", "--image-size", "64x96", "--json")
    description = json.loads(result.stdout)
    assert description["network"] == "nano_b"
    assert description["image_size"] == [64, 96]
    assert sum(part["parameters"] for part in description["parts"]) == description["parameters"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--model", "v3"), "v3"),
        (("--model", "v1", "--image-size", "100"), "multiple of 32"),
        (("--model", str(TOOL.parent)), "not a run folder"),
    ],
)
def test_bad_input_is_one_sentence(arguments, word):
    assert_fails(run_tool(*arguments), word)
