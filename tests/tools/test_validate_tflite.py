import importlib.util
import json

import pytest

from tests.tool import assert_fails, call_tool, run_tool


def validate(tmp_path, *arguments, start=call_tool):
    """Run the tool as a user does, from another folder, with a cache of results of its own and no emulated ARM."""
    own = ["--ledger", str(tmp_path / "result_cache.json"), "--arm-python", str(tmp_path / "none")]
    return start("validate_tflite", *arguments, *own)


@pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None, reason="tflite-micro is not installed (Linux on x86-64)"
)
def test_file_is_run_everywhere_and_kept_for_the_next_time(lamp_int8, tmp_path):
    figures, table = tmp_path / "out" / "figures.json", tmp_path / "out" / "table.md"
    result = validate(tmp_path, lamp_int8, "--json", figures, "--table", table, start=run_tool)
    assert result.returncode == 0, result.stderr + result.stdout
    assert "every limit kept" in result.stdout
    (report,) = json.loads(figures.read_text())["files"]
    names = [entry["name"] for entry in report["runtimes"]]
    assert {"TensorFlow with XNNPACK", "LiteRT without XNNPACK", "TFLite Micro"} <= set(names)
    assert all(entry["exact"] for entry in report["runtimes"][1:] if entry["family"] == "reference")
    assert "| TFLite Micro | exact |" in table.read_text()

    again = validate(tmp_path, lamp_int8)
    kept = [line for line in again.stdout.splitlines() if line.startswith("kept from ")]
    assert kept and kept[0].endswith("; --fresh measures again")
    assert [line for line in again.stdout.splitlines() if line not in kept] == result.stdout.splitlines()


def test_missing_and_truncated_files_are_named(lamp_int8, lamp_plain, tmp_path):
    cut, plain = tmp_path / "cut.tflite", tmp_path / "plain.tflite"
    cut.write_bytes(lamp_int8.read_bytes()[:2000])
    plain.write_bytes(lamp_plain)
    assert_fails(validate(tmp_path, tmp_path / "none.tflite"), "none.tflite", "check the path")
    assert_fails(validate(tmp_path, cut), "cut.tflite", "truncated")
    assert_fails(validate(tmp_path, plain), "plain.tflite", "without an ffkeras record")


def test_unreadable_images_and_data_are_named(lamp_int8, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"not an image")
    assert_fails(validate(tmp_path, lamp_int8, "--images", bad), "bad.jpg")
    assert_fails(validate(tmp_path, lamp_int8, "--images", tmp_path / "none"), "does not exist")
    assert_fails(validate(tmp_path, lamp_int8, "--data", tmp_path), "wider_face_val.mat is missing")


def test_output_that_cannot_be_written_is_refused_first(tmp_path):
    assert_fails(validate(tmp_path, tmp_path / "none.tflite", "--json", tmp_path), "is a folder; name a file")


@pytest.mark.parametrize(
    "option", [["--sample", "0", "--data", "."], ["--emulated-images", "0"], ["--table", "table.txt"]]
)
def test_bad_values_are_refused(tmp_path, option):
    result = validate(tmp_path, "m.tflite", *option)
    assert result.returncode == 2
    assert option[0] in result.stderr


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (["--sample", "5"], "--sample takes validation images of --data"),
        (["--table-images", "5", "--data", "."], "--data and --table only"),
    ],
)
def test_options_without_effect_are_refused(tmp_path, option, words):
    result = validate(tmp_path, "m.tflite", *option)
    assert result.returncode == 2
    assert words in result.stderr
