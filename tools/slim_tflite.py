#!/usr/bin/env python3
"""Leave out of converted files what no runtime reads, which tools/convert_tflite.py does by itself.

    tools/slim_tflite.py tflite/models/*.tflite
    tools/slim_tflite.py --bytes tflite/models/*.tflite     # only print what their bytes are

A file is replaced only if every bit of its outputs stays what it was on the sample photographs.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras import cli  # noqa: E402
from ffkeras.errors import UserError  # noqa: E402
from ffkeras.files import check_writable, write_bytes  # noqa: E402

PHOTOGRAPHS = ROOT / "tests" / "data" / "photos"


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path, metavar="FILE", help=".tflite files of tools/convert_tflite.py")
    parser.add_argument("--output", type=Path, metavar="DIR", help="write them there (default: replace each file)")
    parser.add_argument("--bytes", action="store_true", help="print what the files' bytes are, and change nothing")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Make each file slim, compare it with what it was, write it."""
    options = parse_arguments(arguments)
    if options.bytes:
        print_bytes(options.models)
        return
    from ffkeras.conversion.slim import differing_outputs, slim
    from ffkeras.images import list_images, read_image
    from ffkeras.runtime import read_model
    from ffkeras.runtime.trial import try_model

    targets = [options.output / path.name if options.output else path for path in options.models]
    for target in targets:
        check_writable(target)
    images = [read_image(path) for path in list_images([PHOTOGRAPHS])]
    for path, target in zip(options.models, targets, strict=True):
        model = read_model(path)
        try_model(path)  # says in one sentence what is wrong with a file
        made = slim(model, str(path))
        if different := differing_outputs(model, made, images):
            raise UserError(f"{target} is not written, it would give other outputs: {', '.join(different)} differ.")
        write_bytes(target, made)
        print(f"wrote {target}: {len(model):,} -> {len(made):,} bytes, all outputs equal on {len(images)} images")


def print_bytes(paths: list[Path]) -> None:
    """A table of what the bytes of some files are, a column for each."""
    from ffkeras.runtime import read_model
    from ffkeras.tflite_file.byte_table import byte_table

    tables = [byte_table(read_model(path), str(path)) for path in paths]
    names = list(dict.fromkeys(name for table in tables for name in table))
    print(f"| bytes | {' | '.join(path.stem for path in paths)} |")
    print("|---" * (1 + len(paths)) + "|")
    for name in names:
        print(f"| {name} | {' | '.join(f'{table.get(name, 0):,}' for table in tables)} |")
    print(f"| in all | {' | '.join(f'{sum(table.values()):,}' for table in tables)} |")


if __name__ == "__main__":
    cli.run(main)
