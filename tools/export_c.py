#!/usr/bin/env python3
"""Write an int8 file as C99; `ffkeras export-c` where it is installed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli  # noqa: E402
from ffkeras.commands import export_c  # noqa: E402

if __name__ == "__main__":
    cli.run(export_c.main)
