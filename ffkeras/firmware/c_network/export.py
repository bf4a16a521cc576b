"""Writing a network and all that it needs as C files into one folder."""

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

from ffkeras.errors import UserError
from ffkeras.files import atomic_path
from ffkeras.firmware.c_network.estimate import estimate_instructions
from ffkeras.firmware.c_network.header import header_text
from ffkeras.firmware.c_network.network import lower_network
from ffkeras.firmware.c_network.source import source_text
from ffkeras.firmware.model_info import read_model_info
from ffkeras.tflite_file.graph import TfliteGraph

KERNELS = Path(__file__).resolve().parents[1] / "c99"
ALWAYS_COPIED = ("faces.h", "faces.c", "int8_kernels.h", "int8_processor.h", "int8_rescale.h", "int8_scaling.h")
INSIDES = (".h", "_plain.h", "_dsp.h", "_helium.h")  # of a kernel that has several ways, beside its .c


@dataclass(frozen=True)
class Exported:
    """What was written.

    Args:
        files: their paths, the network's own first.
        arena_size: bytes of RAM.
        constant_size: bytes of weights and tables in flash; code and the structs of the layers come on top.
        instructions: about how many a run executes on a Cortex-M, for each way of the kernels.
    """

    files: tuple[Path, ...]
    arena_size: int
    constant_size: int
    instructions: dict[str, float]


def network_name(file: str) -> str:
    """A C identifier from the name of a file: "V2-ultra 320.tflite" gives "V2_ultra_320"."""
    words = re.sub(r"[^0-9A-Za-z]+", "_", Path(file).stem).strip("_")
    return f"{'n' if words[:1].isdigit() else ''}{words}" or "network"


def export_c(model: bytes, file: str, folder: Path, name: str | None = None) -> Exported:
    """Write a network as C99, with the kernels that it uses and the detector around it; older files are replaced.

    Args:
        model: bytes of an int8 .tflite file with an ffkeras record.
        file: the file's name.
        folder: made where it is missing. Several networks may share one.
        name: with which all of the network's own names begin, a C identifier; None makes one of the file's name.

    Raises:
        UserError: a file or a name that cannot be used, an operation that the kernels do not have, or a folder that
            cannot be written; then nothing is written.
    """
    file = Path(file).name
    name = _checked_name(name or network_name(file))
    info = read_model_info(model, file)
    network = lower_network(TfliteGraph(model), file)
    texts = {
        f"{name}.h": header_text(info, network, file, name),
        f"{name}.c": source_text(info, network, file, name),
    }
    for copied in (*ALWAYS_COPIED, *(file for source in network.sources for file in kernel_files(source))):
        texts[copied] = (KERNELS / copied).read_text()
    return Exported(
        files=_write_all(texts, folder),
        arena_size=network.arena_size,
        constant_size=network.constants.size,
        instructions=estimate_instructions(network),
    )


def kernel_files(source: str) -> list[str]:
    """The files of a kernel in the folder KERNELS: its .c, and what that includes of its own."""
    insides = (f"{source}{ending}" for ending in INSIDES)
    return [f"{source}.c", *(file for file in insides if (KERNELS / file).exists())]


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise UserError(f"{name!r} cannot begin names in C; choose letters, digits and underscores, a letter first.")
    if name.lower() == "faces" or name.lower().startswith("int8_"):
        raise UserError(f"{name!r} is the name of a file that is written beside the network; choose another --name.")
    return name


def _write_all(texts: dict[str, str], folder: Path) -> tuple[Path, ...]:
    """Write files so that either all of them appear or none."""
    paths = {folder / file: text for file, text in texts.items()}
    with contextlib.ExitStack() as stack:
        for path, text in paths.items():
            stack.enter_context(atomic_path(path)).write_bytes(text.encode())
    return tuple(paths)
