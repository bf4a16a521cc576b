"""The command `ffkeras`, which is there after an installation: `ffkeras detect photo.jpg`, `ffkeras train`.

A subcommand's module has `main(arguments, program)`, which a tool of the checkout calls too, with the places of the
checkout as defaults. Importing this imports neither numpy nor OpenCV, so that help and mistakes come at once.
"""

import argparse
import importlib
import sys

from ffkeras import __version__, cli
from ffkeras.errors import UserError

EXTRAS = {"detect": "runtime", "models": "runtime", "evaluate": "runtime,evaluate", "data": "runtime,evaluate"}
SUBCOMMANDS = {  # name -> module of this package
    "detect": "detect",
    "data": "data",
    "models": "models",
    "train": "train",
    "prune": "prune",
    "convert": "convert",
    "evaluate": "evaluate",
    "benchmark": "benchmark",
    "validate": "validate",
    "export-c": "export_c",
}


def main() -> None:
    """Run the subcommand that the command line names, and exit with its code."""
    parser = argparse.ArgumentParser(prog="ffkeras", description="Ultra-light face detectors.")
    parser.add_argument("--version", action="version", version=f"ffkeras {__version__}")
    parser.add_argument("subcommand", choices=SUBCOMMANDS, help="`ffkeras SUBCOMMAND --help` says more")
    chosen = parser.parse_args(sys.argv[1:2]).subcommand  # what follows is the subcommand's own
    cli.run(lambda: run_subcommand(chosen, sys.argv[2:]))


def run_subcommand(name: str, arguments: list[str]) -> int | None:
    """Call a subcommand's `main`; gives its exit code.

    Raises:
        UserError: the installation lacks a package that it needs.
    """
    try:
        module = importlib.import_module(f"ffkeras.commands.{SUBCOMMANDS[name]}")
        return module.main(arguments, f"ffkeras {name}")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "ffkeras"):
            raise
        raise UserError(
            f"ffkeras {name} needs {package}, which is not installed; pip install "
            f"'ffkeras[{EXTRAS.get(name, 'train')}]'."
        ) from error
