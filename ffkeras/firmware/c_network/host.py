"""An exported network compiled for this machine, to be compared with TFLite Micro's interpreter."""

import ctypes
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ffkeras.errors import UserError
from ffkeras.firmware.model_info import ModelInfo

COMPILERS = ("cc", "gcc", "clang")
REFERENCE_ARENA = 512 << 20  # bytes; the system gives an arena's memory only where it is written
OPTIONS = ("-std=c99", "-O3", "-shared", "-fPIC")


class _Outputs(ctypes.Structure):
    """FaceOutputs of faces.h."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("classification", "bbox_regression", "landmarks")]


class HostNetwork:
    """An exported network as a library of this machine.

    Args:
        folder: with the C files of this network alone; the library is put there too.
        name: of the network.
        info: of the file.

    Raises:
        UserError: there is no C compiler, or it refuses the files.
    """

    def __init__(self, folder: Path, name: str, info: ModelInfo):
        library = ctypes.CDLL(str(_compile(folder)))
        self._run = getattr(library, f"{name}_run")
        self._input = getattr(library, f"{name}_input")
        self._outputs = getattr(library, f"{name}_outputs")
        self._input.restype, self._outputs.restype = ctypes.c_void_p, _Outputs
        self._rows = info.record.anchor_count
        self._widths = {output: tensor.width for output, tensor in info.outputs.items()}
        self._input_shape = (*info.record.image_size, info.input.width)

    def run(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """The outputs by their names, int8 [A, C], for an input int8 [H, W, 3].

        Raises:
            ValueError: an input of another shape or type.
        """
        if values.shape != self._input_shape or values.dtype != np.int8:
            raise ValueError(f"an input {values.dtype} {values.shape}; it should be int8 {self._input_shape}")
        ctypes.memmove(self._input(), np.ascontiguousarray(values).ctypes.data, values.nbytes)
        self._run()
        outputs = self._outputs()
        return {name: self._read(getattr(outputs, name), width) for name, width in self._widths.items()}

    def _read(self, address: int, width: int) -> np.ndarray:
        content = ctypes.string_at(address, self._rows * width)
        return np.frombuffer(content, np.int8).reshape(self._rows, width)


@dataclass(frozen=True)
class Comparison:
    """An exported network against TFLite Micro's interpreter.

    Args:
        different: output values that are not equal, of all inputs together.
        compared: output values, of all inputs together.
        seconds, reference_seconds: of the processor for one input, the fastest of all, in C and in TFLite Micro.
    """

    different: int
    compared: int
    seconds: float
    reference_seconds: float


def compare_with_tflite_micro(
    network: HostNetwork, model: bytes, info: ModelInfo, inputs: Sequence[np.ndarray]
) -> Comparison:
    """Run both on the same inputs.

    Args:
        network: the exported file.
        model: its bytes.
        info: of the file.
        inputs: int8 [H, W, 3], at least one.
    """
    from tflite_micro.python.tflite_micro.runtime import Interpreter

    reference = Interpreter.from_bytes(model, arena_size=REFERENCE_ARENA)
    different = compared = 0
    times: list[tuple[float, float]] = []
    for values in inputs:
        reference.set_input(values[None], 0)
        begin = time.process_time()
        reference.invoke()
        middle = time.process_time()
        outputs = network.run(values)
        times.append((time.process_time() - middle, middle - begin))
        for name, tensor in info.outputs.items():
            expected = reference.get_output(tensor.index).reshape(outputs[name].shape)
            different += int((outputs[name] != expected).sum())
            compared += expected.size
    seconds, reference_seconds = (min(column) for column in zip(*times, strict=True))
    return Comparison(different, compared, seconds, reference_seconds)


def _compile(folder: Path) -> Path:
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise UserError("there is no C compiler to try the files with; install one (apt: gcc).")
    library = folder / "network.so"
    command = [compiler, *OPTIONS, "-o", library, *sorted(folder.glob("*.c")), "-lm"]
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if result.returncode != 0:
        reason = next(iter(result.stderr.strip().splitlines()), "it gives no reason")
        raise UserError(f"{compiler} refuses the files in {folder}: {reason}.")
    return library
