"""A model as two C++ files, `<name>_model.h` and `<name>_model.cc`."""

import importlib.metadata
import re
from pathlib import Path

from ffkeras.files import write_text
from ffkeras.firmware.arena import smallest_arena
from ffkeras.firmware.header import header_text
from ffkeras.firmware.model_info import read_model_info

BYTES_PER_ROW = 16

SOURCE = """\
// The bytes of the model; {header} tells which.

#include "{header}"

namespace {namespace} {{

alignas(16) const unsigned char kModel[kModelSize] = {{
{rows}
}};

}}  // namespace {namespace}
"""


def model_identifier(file: str) -> str:
    """A C identifier from the name of a file: "V2-ultra 320.tflite" gives "V2_ultra_320_model"."""
    words = re.sub(r"[^0-9A-Za-z]+", "_", Path(file).stem).strip("_")
    if not words:
        return "model"
    return f"{'n' if words[0].isdigit() else ''}{words}_model"


def write_c_array(model: bytes, file: str, folder: Path) -> tuple[Path, Path]:
    """Write the header and the source of a model, each whole or not at all; older ones are replaced.

    Args:
        model: bytes of an int8 .tflite file with an ffkeras record.
        file: the file's name, from which the names in C++ are made.
        folder: made where it is missing.

    Returns:
        The paths of the header and of the source.

    Raises:
        UserError: a file that firmware cannot use or that TFLite Micro cannot run, tflite-micro is not installed, or
            the folder cannot be written.
    """
    file = Path(file).name
    namespace = model_identifier(file)
    header, source = folder / f"{namespace}.h", folder / f"{namespace}.cc"
    info = read_model_info(model, file)
    arena = smallest_arena(model, file)
    text = header_text(info, file, namespace, arena, importlib.metadata.version("tflite_micro"))
    write_text(source, source_text(model, namespace))
    write_text(header, text)
    return header, source


def source_text(model: bytes, namespace: str) -> str:
    """The C++ source that holds the bytes of a model."""
    rows = (model[start : start + BYTES_PER_ROW] for start in range(0, len(model), BYTES_PER_ROW))
    text = "\n".join("    " + ", ".join(f"0x{byte:02x}" for byte in row) + "," for row in rows)
    return SOURCE.format(header=f"{namespace}.h", namespace=namespace, rows=text)
