"""The command `ffkeras`, which is there after an installation: `ffkeras detect photo.jpg`, `ffkeras data check faces/`.

Importing this imports neither numpy nor OpenCV, so that help and mistakes come at once.
"""

import argparse
import sys

from ffkeras import __version__, cli
from ffkeras.commands import data, detect, evaluate, models
from ffkeras.errors import UserError

SUBCOMMANDS = {  # each takes what follows its name
    "detect": detect.main,
    "evaluate": evaluate.main,
    "data": data.main,
    "models": models.main,
}
EXTRAS = {"detect": "runtime", "evaluate": "runtime,evaluate", "data": "runtime,evaluate", "models": "runtime"}


def main() -> None:
    """Run the subcommand that the command line names, and exit with its code."""
    parser = argparse.ArgumentParser(prog="ffkeras", description="Ultra-light face detectors.")
    parser.add_argument("--version", action="version", version=f"ffkeras {__version__}")
    parser.add_argument("subcommand", choices=SUBCOMMANDS, help="`ffkeras SUBCOMMAND --help` says more")
    chosen = parser.parse_args(sys.argv[1:2])  # what follows is the subcommand's own
    cli.run(lambda: _run(chosen.subcommand))


def _run(name: str) -> int | None:
    """Run a subcommand. Raises UserError where a package that it needs is not installed."""
    try:
        return SUBCOMMANDS[name](sys.argv[2:], f"ffkeras {name}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "ffkeras":
            raise
        package, extra = error.name.split(".")[0], EXTRAS[name]
        raise UserError(
            f"`ffkeras {name}` needs {package}, which is not installed; install ffkeras with [{extra}]."
        ) from error
