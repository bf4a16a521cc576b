#!/usr/bin/env python3
"""Make a trained network smaller; `ffkeras prune` where it is installed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli  # noqa: E402
from ffkeras.commands import prune  # noqa: E402

if __name__ == "__main__":
    cli.run(prune.main)
