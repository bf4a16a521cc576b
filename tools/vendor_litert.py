#!/usr/bin/env python3
"""Fetch the files of LiteRT.js that web_demo/ carries from npm again, and verify them; --check only verifies."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras import cli  # noqa: E402

FOLDER = ROOT / "web_demo" / "vendor" / "litert"


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; name what differs, and exit 1 if anything")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Bring every file to its pinned checksum; with --check 1 where one differs."""
    options = parse_arguments(arguments)
    from ffkeras.web.vendor import fetch, find_differences

    if not options.check:
        for path in fetch(FOLDER):
            print(f"wrote {path}")
    differences = find_differences(FOLDER)
    for sentence in differences:
        print(sentence)
    if not differences:
        print(f"every file in {FOLDER} has its checksum.")
    return 1 if differences else 0


if __name__ == "__main__":
    cli.run(main)
