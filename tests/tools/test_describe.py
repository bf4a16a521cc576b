import json

import pytest

from ffkeras.models.build import build_model
from ffkeras.models.saving import save_run
from tests.tool import ROOT, assert_fails, call_tool


def test_a_table_of_a_network_is_printed():
    result = call_tool("describe", "--model", "v2_ultra", "--image-size", "64")
    assert result.returncode == 0
    assert all(word in result.stdout for word in ("213,072", "SSH_Grouped", "244,483", "64 x 64", "8x8x64"))


def test_json_of_a_run_folder_tells_the_same(tmp_path):
    save_run(build_model("nano_b"), tmp_path / "run")
    result = call_tool("describe", "--model", tmp_path / "run", "--image-size", "64x96", "--json")
    description = json.loads(result.stdout)
    assert description["network"] == "nano_b"
    assert description["image_size"] == [64, 96]
    assert sum(part["parameters"] for part in description["parts"]) == description["parameters"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--model", "v3"), "v3"),
        (("--model", "v1", "--image-size", "100"), "multiple of 32"),
        (("--model", str(ROOT / "tools")), "not a run folder"),
    ],
)
def test_bad_input_is_one_sentence(arguments, word):
    assert_fails(call_tool("describe", *arguments), word)
