#!/usr/bin/env python3
"""Time .tflite files in turns; `ffkeras benchmark` where it is installed."""

import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras import cli  # noqa: E402
from ffkeras.commands import benchmark  # noqa: E402

if __name__ == "__main__":
    cli.run(partial(benchmark.main, photograph=ROOT / "tests" / "data" / "photos" / "astronaut.jpg"))
