"""List the released networks that are here, by the names that --model takes."""

import argparse


def main(arguments: list[str] | None = None, program: str | None = None) -> None:
    """Print a line for each: its name, size and file."""
    argparse.ArgumentParser(prog=program, description=__doc__).parse_args(arguments)
    from ffkeras.runtime.released import DEFAULT_MODEL, released_models

    for name, path in released_models().items():
        default = " (default)" if name == DEFAULT_MODEL else ""
        print(f"{name}{default}: {path.stat().st_size // 1000} KB, {path}")
