"""Memory does not grow with the length of a set."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ffkeras.data.reading import read_batches
from ffkeras.data.samples import PipelineConfig
from ffkeras.data.tiny import TinyImages

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 3600  # seconds
SLACK = 24  # megabytes that two processes of one kind may differ by


def test_what_reading_took_is_said_as_often_as_asked():
    found = list(read_batches(TinyImages(30), PipelineConfig((32, 32), 4, (0.0,) * 3), 40, 5))
    assert [reading.images for reading in found] == [8, 16, 24, 32, 40]
    assert all(reading.memory > 10 << 20 for reading in found)
    assert sorted(reading.seconds for reading in found) == [reading.seconds for reading in found]


def read(count, folder, *more):
    """Rows of (images, megabytes) that the tool prints for a set of so many pictures."""
    tool = ROOT / "tools" / "measure_data.py"
    options = ["--tiny", count, "--output", folder, "--image-size", 32, "--batch-size", 32, *more]
    done = subprocess.run([sys.executable, tool, *map(str, options)], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    found = re.findall(r"^ *([\d,]+) +\d+ +(\d+)$", done.stdout, re.MULTILINE)
    return [(int(images.replace(",", "")), int(memory)) for images, memory in found]


@pytest.mark.slow
def test_memory_is_the_same_for_a_hundred_thousand_pictures_as_for_a_thousand(tmp_path):
    few = read(1_000, tmp_path / "few", "--images", 20_000)
    many = read(100_000, tmp_path / "many", "--images", 20_000)
    assert few[-1][0] == many[-1][0] == 20_000
    assert abs(many[-1][1] - few[-1][1]) < SLACK
    assert many[-1][1] - many[0][1] < SLACK  # nor with what was read
