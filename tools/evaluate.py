#!/usr/bin/env python3
"""Measure a detector on WIDER FACE or any other labelled pictures; `ffkeras evaluate` where it is installed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli  # noqa: E402
from ffkeras.commands import evaluate  # noqa: E402

if __name__ == "__main__":
    cli.run(evaluate.main)
