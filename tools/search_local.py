#!/usr/bin/env python3
"""Prune with a chief and workers on this machine, by Keras Tuner's own protocol.

    tools/search_local.py -- RUN --budget params=150k --data widerface/ --output OUT

starts tools/prune.py with the same arguments once as the chief, which gives out trials and does everything after the
search, and once for each worker, on its share of the cores. A worker that is killed is started anew and tries its
trial again; the others go on. --resume, among the arguments of tools/prune.py, continues a search.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras import cli  # noqa: E402
from ffkeras.errors import UserError  # noqa: E402
from ffkeras.pruning.search.local import LocalSearch  # noqa: E402

MOST_WORKERS = 64


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2, help="(%(default)s)")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="-- ARGUMENTS", help="of tools/prune.py")
    return parser.parse_args()


def main() -> int:
    """Parse, run, give the chief's exit code."""
    options = parse_arguments()
    if not 1 <= options.workers <= MOST_WORKERS:
        raise UserError(f"--workers is {options.workers}; give a number from 1 to {MOST_WORKERS}.")
    arguments = [argument for argument in options.arguments if argument != "--"]
    if not arguments:
        raise UserError("give the arguments of tools/prune.py after --.")
    return LocalSearch([sys.executable, ROOT / "tools" / "prune.py", *arguments], options.workers).run()


if __name__ == "__main__":
    cli.run(main)
