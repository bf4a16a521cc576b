"""The command `ffkeras`, which is there after an installation: `ffkeras detect photo.jpg`, `ffkeras data check faces/`.

Importing this imports neither numpy nor OpenCV, so that help and mistakes come at once.
"""

import argparse
import sys

from ffkeras import __version__, cli
from ffkeras.commands import data, detect, models

SUBCOMMANDS = {"detect": detect.main, "data": data.main, "models": models.main}  # each takes what follows its name


def main() -> None:
    """Run the subcommand that the command line names, and exit with its code."""
    parser = argparse.ArgumentParser(prog="ffkeras", description="Ultra-light face detectors.")
    parser.add_argument("--version", action="version", version=f"ffkeras {__version__}")
    parser.add_argument("subcommand", choices=SUBCOMMANDS, help="`ffkeras SUBCOMMAND --help` says more")
    chosen = parser.parse_args(sys.argv[1:2])  # what follows is the subcommand's own
    cli.run(lambda: SUBCOMMANDS[chosen.subcommand](sys.argv[2:], f"ffkeras {chosen.subcommand}"))
