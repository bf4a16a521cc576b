import io
from dataclasses import replace

import pytest
from rich.console import Console

from ffkeras.compare.moved_faces import FaceSummary
from ffkeras.compare.outputs import OutputDifference
from ffkeras.crosscheck.markdown import to_markdown
from ffkeras.crosscheck.report import FileReport, RuntimeResult
from ffkeras.crosscheck.text import to_renderable

SAME = (OutputDifference("classification", 0.0, 0.0, True),)
STILL = FaceSummary(2, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0)
AP = {"easy": 0.9, "medium": 0.8, "hard": 0.5}


@pytest.fixture
def report():
    runtime = RuntimeResult("LiteRT", "reference", "2", 44, None, SAME, STILL, AP)
    return FileReport(
        "v2_320_int8.tflite", 415104, "v2_ultra", (320, 320), "int8", 44, 40, "LiteRT", 1024000, "", (runtime,)
    )


def printed(report):
    console = Console(file=io.StringIO(), width=200)
    console.print(to_renderable(report))
    return console.file.getvalue()


def test_a_kilobyte_is_1000_bytes_everywhere_and_the_bytes_are_beside_it(report):
    assert "1,024 KB (1,024,000 bytes)" in printed(report)
    table = to_markdown([report], {}, None)
    assert "415 KB (415,104 bytes)" in table
    assert "1,024 KB (1,024,000 bytes)" in table


def test_a_sample_tells_its_size_and_the_limit_that_follows_from_it(report):
    told = "AP may differ by 0.0180 across families on 40 images: 0.002 on all 3,226, more on a sample"
    assert told in printed(report)
    assert told in to_markdown([report], {}, None)
    assert "across families on 3,226 images." in printed(replace(report, sample=3226))
    assert "across families" not in printed(replace(report, sample=0))


def test_an_int8_file_is_held_against_the_float_file_of_its_own_size_alone(report):
    own, other = report.file, "v2_640_float32.tflite"
    table = to_markdown([report], {own: AP, other: AP}, 3226)
    assert "| 0.900 / 0.800 / 0.500 | - |" in table
    assert "of the same name and input size" in table
    assert "+0.0000" in to_markdown([report], {own: AP, "v2_320_float32.tflite": AP}, 3226)
