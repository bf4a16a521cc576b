#!/usr/bin/env python3
"""Write a converted int8 file as C++ source for firmware with TFLite Micro.

Two files, <name>_model.h and <name>_model.cc, hold the model's bytes, its operations for a MicroMutableOpResolver, the
arena that was measured, quantization, anchors and thresholds. The header compiles without TFLite Micro.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli
from ffkeras.files import check_writable

NOTE = (
    "note: {file} has the forms of operations that XNNPACK runs faster; a microcontroller pays them with more "
    "multiplications. `tools/convert_tflite.py --int8 --c-array` or `--target micro` keeps the plain ones."
)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; mistakes end here, before anything slow is imported."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, metavar="FILE", help="an int8 .tflite file of tools/convert_tflite.py")
    parser.add_argument(
        "--output", type=Path, default=Path("output"), metavar="DIR", help="folder of the two files (default: output)"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Read the file, measure its arena, write header and source."""
    options = parse_arguments(arguments)
    check_writable(options.output / "model.h")
    from ffkeras.runtime import read_model

    model = read_model(options.model)
    from ffkeras.conversion.xnnpack_passes import has_xnnpack_forms
    from ffkeras.firmware import write_c_array
    from ffkeras.firmware.fast_kernels import find_slow_paths
    from ffkeras.firmware.sound_graph import reading_graph, require_sound_graph

    require_sound_graph(options.model)
    with reading_graph(str(options.model)):
        written = write_c_array(model, options.model.name, options.output)
    for path in written:
        print(f"wrote {path}")
    note = find_slow_paths(model).note(options.model.name)
    if note:
        print(note)
    if has_xnnpack_forms(model):
        print(NOTE.format(file=options.model))


if __name__ == "__main__":
    cli.run(main)
