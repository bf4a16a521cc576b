#!/usr/bin/env python3
"""Convert a trained network to a .tflite file; `ffkeras convert` where it is installed."""

import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras import cli  # noqa: E402
from ffkeras.commands import convert  # noqa: E402

WEIGHTS = ROOT / "tflite" / "models" / "v2_ultra"
PHOTOGRAPHS = ROOT / "tests" / "data" / "photos"

if __name__ == "__main__":
    cli.run(partial(convert.main, weights=WEIGHTS, photographs=PHOTOGRAPHS))
