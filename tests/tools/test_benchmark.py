import json

import pytest

from tests.tool import assert_fails, call_tool, run_tool


def benchmark(*arguments):
    """Run the tool as a user does, from another folder."""
    return call_tool("benchmark", *arguments)


def test_files_are_timed_written_and_plotted(lamp_int8, lamp_float, lamp_plain, tmp_path):
    peers = tmp_path / "peers"
    peers.mkdir()
    (peers / "plain.tflite").write_bytes(lamp_plain)
    accuracy = tmp_path / "accuracy.json"
    accuracy.write_text(json.dumps({lamp_int8.name: {"easy": 0.9, "medium": 0.8, "hard": 0.7}}))
    figures, plot = tmp_path / "out" / "figures.json", tmp_path / "out" / "plot.png"
    result = run_tool(
        "benchmark",
        *(lamp_int8, lamp_float, "--peers", peers, "--rounds", 2, "--threads", 1, 2),
        *("--json", figures, "--accuracy", accuracy, "--plot", plot),
    )
    assert result.returncode == 0, result.stderr
    assert "2 threads" in result.stdout
    assert "plain.tflite: of no known kind" in result.stdout
    written = json.loads(figures.read_text())
    assert len(written["results"]) == 6
    assert written["complete"] and written["rounds"] == 2
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_one_file_is_profiled_operation_by_operation(lamp_int8, tmp_path):
    figures = tmp_path / "profile.json"
    result = run_tool(
        "benchmark", "--profile", lamp_int8, "--rounds", 2, "--threads", 1, "--cpu-time", "--json", figures
    )
    assert result.returncode == 0, result.stderr
    assert "AVERAGE_POOL_2D" in result.stdout
    written = json.loads(figures.read_text())
    assert written["cpu_time"]
    assert {entry["kind"] for entry in written["operations"]} >= {"AVERAGE_POOL_2D", "CONV_2D", "SOFTMAX"}


def test_bad_input_ends_in_one_sentence(lamp_int8, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "no.tflite").write_bytes(b"no")
    (tmp_path / "accuracy.json").write_text("{}")
    assert_fails(benchmark(tmp_path / "absent.tflite"), "absent.tflite")
    assert_fails(benchmark("--profile", tmp_path / "no.tflite"), "no.tflite is not a TFLite file")
    assert_fails(benchmark(lamp_int8, "--peers", tmp_path / "empty"), "empty holds no .tflite file")
    assert_fails(benchmark(lamp_int8, "--image", tmp_path / "no.jpg"), "no.jpg")
    assert_fails(benchmark(lamp_int8, "--json", tmp_path / "no.tflite" / "x.json"), "no.tflite is a file")
    plot = ("--plot", tmp_path / "plot.xyz", "--accuracy", tmp_path / "accuracy.json")
    assert_fails(benchmark(lamp_int8, *plot), "plot.xyz", ".png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["accuracy.json", "empty", "no.tflite"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rounds", "0"], "1 or more"),
        (["--plot", "a.png"], "--plot needs --accuracy"),
        (["--cpu-time"], "--threads 1"),
        (["--profile", "a.tflite", "b.tflite"], "one file alone"),
        (["--profile", "a.tflite", "--image", "a.jpg"], "runs no image"),
        (["--profile", "a.tflite", "--accuracy", "a.json"], "shows no accuracy"),
    ],
)
def test_options_that_make_no_sense_are_refused_at_once(arguments, words):
    result = benchmark(*arguments)
    assert result.returncode == 2
    assert words in result.stderr
