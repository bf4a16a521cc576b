import json
from pathlib import Path

import cv2
import pytest
from rich.console import Console

from ffkeras.benchmark.accuracy import Accuracy, read_accuracies
from ffkeras.benchmark.machine import describe_machine
from ffkeras.benchmark.memory import STATUS, peak_memory
from ffkeras.benchmark.plot import plot_accuracy
from ffkeras.benchmark.report import Report
from ffkeras.benchmark.summary import Figures, Spread
from ffkeras.errors import UserError

ONE = Spread(1.5, 1.0, 2.0)


def figures(name, decodes=True, num_threads=1):
    stages = dict.fromkeys(("preprocess", "invoke", "decode", "suppress", "total"), ONE)
    return Figures(Path(name), "ffkeras", (64, 64), True, num_threads, decodes, ONE, stages, None, None, None, ONE)


def report(*entries, complete=True):
    accuracies = {"a.tflite": Accuracy(0.9, 0.8, 0.7)}
    return Report(describe_machine(), "photo", "ms", 2, complete, entries, {Path("a.tflite"): 3 << 20}, accuracies)


def text(value):
    console = Console(width=140)
    with console.capture() as capture:
        console.print(value)
    return capture.get()


def test_a_table_for_each_number_of_threads_has_a_row_for_each_file():
    one, two = report(figures("a.tflite"), figures("a.tflite", num_threads=2)).tables()
    assert "1 thread" in text(one)
    assert "2 threads" in text(two)
    assert "1.50±0.50" in text(one)
    assert "3.0" in text(one)


def test_files_of_one_name_are_told_apart_by_their_folders():
    (table,) = report(figures("old/a.tflite"), figures("new/a.tflite"), figures("b.tflite")).tables()
    assert [label in text(table) for label in ("old/a", "new/a", " b ")] == [True] * 3


def test_what_was_not_decoded_is_said():
    found = report(figures("a.tflite"), figures("b.tflite", decodes=False))
    assert found.notes() == ["b.tflite: of no known kind, so its outputs are not decoded"]
    assert report(figures("a.tflite"), complete=False).conditions.count("interrupted") == 1


def test_json_has_figures_memory_and_accuracy():
    entry = json.loads(json.dumps(report(figures("a.tflite")).to_json()))["results"][0]
    assert entry["stages_ms"]["invoke"] == {"median": 1.5, "quartiles": [1.0, 2.0]}
    assert entry["peak_memory_bytes"] == 3 << 20
    assert entry["average_precision"] == {"easy": 0.9, "medium": 0.8, "hard": 0.7}


def test_plot_draws_the_files_whose_accuracy_is_known(tmp_path):
    path = tmp_path / "plot.png"
    plot_accuracy(path, [figures("a.tflite"), figures("b.tflite")], {"a.tflite": Accuracy(0.9, 0.8, 0.7)})
    assert cv2.imread(str(path)).std() > 5
    with pytest.raises(UserError, match="would be empty"):
        plot_accuracy(path, [figures("b.tflite")], {"a.tflite": Accuracy(0.9, 0.8, 0.7)})


@pytest.mark.parametrize("entry", [{"easy": 0.9}, {"easy": 2, "medium": 0, "hard": 0}, 3, {"easy": "a"}])
def test_malformed_accuracy_is_named(tmp_path, entry):
    path = tmp_path / "accuracy.json"
    path.write_text(json.dumps({"a.tflite": entry}))
    with pytest.raises(UserError, match=r"accuracy\.json: 'a\.tflite' should be"):
        read_accuracies(path)


@pytest.mark.skipif(not STATUS.exists(), reason="the system does not tell a process's peak memory")
def test_peak_memory_is_that_of_the_file_and_not_of_the_libraries(lamp_int8, tmp_path):
    assert 10_000 < peak_memory(lamp_int8) < 50_000_000
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"no")
    with pytest.raises(UserError, match=r"memory of .*broken\.tflite cannot be measured"):
        peak_memory(broken)
