#!/usr/bin/env python3
"""Train a face detector; `ffkeras train` where it is installed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli  # noqa: E402
from ffkeras.commands import train  # noqa: E402

if __name__ == "__main__":
    cli.run(train.main)
