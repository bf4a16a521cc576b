import io

import pytest
from rich.console import Console

from ffkeras.crosscheck.differences import OutputDifference
from ffkeras.crosscheck.markdown import to_markdown
from ffkeras.crosscheck.report import FaceSummary, FileReport, RuntimeResult
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
