#!/usr/bin/env python3
"""Compare all runtimes on .tflite files; `ffkeras validate` where it is installed."""

import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras import cli  # noqa: E402
from ffkeras.commands import validate  # noqa: E402

if __name__ == "__main__":
    cli.run(partial(validate.main, photographs=ROOT / "tests" / "data" / "photos", output=ROOT / "output"))
