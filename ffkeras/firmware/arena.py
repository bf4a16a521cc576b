"""The working memory ("tensor arena") that a model needs on TFLite Micro, measured with its own interpreter."""

import importlib.util
import subprocess
import sys
from pathlib import Path

from ffkeras.errors import UserError

SEARCH_PROGRAM = Path(__file__).with_name("arena_search.py")
MARGIN = 1 / 16  # for scratch buffers of optimised kernels (CMSIS-NN), which the reference kernels do without
ROUNDING = 1024  # bytes


def tflite_micro_is_installed() -> bool:
    """Whether arenas can be measured here."""
    return importlib.util.find_spec("tflite_micro") is not None


def require_tflite_micro() -> None:
    """Raise UserError where tflite-micro is not installed: before slow work that ends in an arena."""
    if not tflite_micro_is_installed():
        raise UserError(
            "the arena is measured with tflite-micro, which is not installed; run `pip install tflite-micro` "
            "(Linux on x86-64)."
        )


def smallest_arena(model: bytes, name: str = "the given model") -> int:
    """Measure the smallest arena in which TFLite Micro allocates and runs a model.

    The figure is that of x86-64. A 32-bit microcontroller needs less with the same kernels, because its pointers are
    half as long.

    Args:
        model: bytes of a .tflite file.
        name: what the sentence of an error calls the file.

    Returns:
        Bytes, a multiple of 16.

    Raises:
        UserError: tflite-micro is not installed, or cannot run the model with any arena up to 512 MiB.
    """
    require_tflite_micro()
    command = [sys.executable, "-P", str(SEARCH_PROGRAM)]
    search = subprocess.run(command, input=model, capture_output=True, check=False)
    if search.returncode != 0:
        messages = search.stderr.decode(errors="replace").split("\n")
        reason = next((line.strip().rstrip(".") for line in messages if line.strip()), "it gives no reason")
        raise UserError(f"TFLite Micro cannot run {name}: {reason}; convert the network without that.")
    return int(search.stdout)


def recommended_arena(smallest: int) -> int:
    """The smallest arena in bytes with a margin for optimised kernels, rounded up to a KiB."""
    return -(-round(smallest * (1 + MARGIN)) // ROUNDING) * ROUNDING
