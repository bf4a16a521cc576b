"""Write a converted int8 file as C99 that needs no library: for firmware without TFLite Micro.

NAME.h and NAME.c hold the network: one function for each layer, weights for flash, one arena of RAM that is planned.
Beside them lie the kernels that it uses, and faces.h and faces.c: letterbox, decoding and suppression. Its outputs are
those of TFLite Micro's interpreter, byte for byte. Compile all *.c of the folder with -std=c99 -O2, on a computer -O3:
GCC makes vectors of the loops there only. The compiler's own macros choose between plain C, the DSP instructions of
Cortex-M4, M7 and M33, and the Helium instructions of Cortex-M55.
"""

import argparse
import tempfile
from pathlib import Path

from ffkeras.files import check_writable

NAME_IN_CHECK = "network"
INPUTS = 8  # of --check
NOTE = (
    "note: {file} has the forms of operations that XNNPACK runs faster; a microcontroller pays them with more "
    "multiplications. `tools/convert_tflite.py --target micro` keeps the plain ones."
)


def parse_arguments(arguments: list[str] | None = None, program: str | None = None) -> argparse.Namespace:
    """Read the command line; mistakes end here, before anything slow is imported."""
    parser = argparse.ArgumentParser(
        prog=program, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, metavar="MODEL", help="an int8 .tflite file of tools/convert_tflite.py")
    parser.add_argument(
        "--output", type=Path, default=Path("output/c"), metavar="DIR", help="folder of the files (default: output/c)"
    )
    parser.add_argument(
        "--name", metavar="NAME", help="of the network's files, and the beginning of its names (default: the model's)"
    )
    parser.add_argument(
        "--check", action="store_true", help="also compile it here, and compare bytes and speed with TFLite Micro"
    )
    return parser.parse_args(arguments)


def check(model: bytes, file: str) -> bool:
    """Compare with TFLite Micro on random inputs, print what came out, and say whether all outputs are equal."""
    import numpy as np

    from ffkeras.firmware import read_model_info
    from ffkeras.firmware.c_network import export_c
    from ffkeras.firmware.c_network.host import HostNetwork, compare_with_tflite_micro

    info = read_model_info(model, file)
    shape = (*info.record.image_size, info.input.width)
    inputs = np.random.default_rng(0).integers(-128, 128, (INPUTS, *shape)).astype(np.int8)
    with tempfile.TemporaryDirectory() as folder:
        export_c(model, file, Path(folder), NAME_IN_CHECK)
        network = HostNetwork(Path(folder), NAME_IN_CHECK, info)
    result = compare_with_tflite_micro(network, model, info, inputs)
    equal = result.compared - result.different
    print(f"check: {equal:,} of {result.compared:,} output values equal TFLite Micro's on {INPUTS} random inputs")
    ratio = result.seconds / result.reference_seconds
    print(
        f"speed here: {ratio:.2f} of its time on this machine "
        f"({result.seconds * 1000:.1f} ms, {result.reference_seconds * 1000:.1f} ms)"
    )
    return result.different == 0


def main(arguments: list[str] | None = None, program: str | None = None) -> int:
    """Read the file, write the C files, and say what they need; 1 where --check found a difference."""
    options = parse_arguments(arguments, program)
    check_writable(options.output / "network.c")
    from ffkeras.runtime import read_model

    model = read_model(options.model)
    from ffkeras.conversion.xnnpack_passes import has_xnnpack_forms
    from ffkeras.firmware import require_tflite_micro, smallest_arena, tflite_micro_is_installed
    from ffkeras.firmware.c_network import export_c
    from ffkeras.firmware.sound_graph import reading_graph, require_sound_graph

    if options.check:
        require_tflite_micro()
    require_sound_graph(options.model)
    with reading_graph(str(options.model)):
        exported = export_c(model, options.model.name, options.output, options.name)
    for path in exported.files:
        print(f"wrote {path}")
    comparison = ""
    if tflite_micro_is_installed():
        comparison = f" (TFLite Micro: {smallest_arena(model, options.model.name):,} bytes)"
    print(f"RAM: an arena of {exported.arena_size:,} bytes{comparison}")
    print(f"flash: {exported.constant_size:,} bytes of weights and tables, besides code (the file has {len(model):,})")
    millions = ", ".join(f"{count / 1e6:.0f} in {way}" for way, count in exported.instructions.items())
    print(f"speed: about {millions}, millions of instructions on a Cortex-M (tools/measure_firmware.py counts them)")
    if has_xnnpack_forms(model):
        print(NOTE.format(file=options.model))
    return int(options.check and not check(model, options.model.name))
