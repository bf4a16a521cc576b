"""One TFLite interpreter, whichever is installed, with quantisation hidden: pixels in, float32 outputs out."""

import contextlib
import importlib
import os
import threading
import warnings
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from ffkeras.errors import UserError, reason_of
from ffkeras.quiet import quiet_command
from ffkeras.runtime.borders import Border, DisagreementError, check_borders
from ffkeras.runtime.metadata import Metadata, disagreement, read_metadata
from ffkeras.runtime.model_file import read_model
from ffkeras.runtime.output import Output

_WARNING_FILTERS = threading.Lock()
RUNTIME_VARIABLE = "FFKERAS_RUNTIME"  # forces one of RUNTIMES
RUNTIMES = {  # in the order of preference: the fastest first
    "litert": "ai_edge_litert.interpreter",
    "tflite_runtime": "tflite_runtime.interpreter",
    "tensorflow": "tensorflow.lite.python.interpreter",
}


def preferred_interpreter_class() -> type:
    """The interpreter's class that the variable FFKERAS_RUNTIME names, else the first of RUNTIMES that is installed.

    Raises:
        UserError: there is none.
    """
    forced = os.environ.get(RUNTIME_VARIABLE)
    if forced and forced not in RUNTIMES:
        raise UserError(f"{RUNTIME_VARIABLE}={forced} is none of {', '.join(RUNTIMES)}; choose one or unset it.")
    for name in [forced] if forced else RUNTIMES:
        try:
            return importlib.import_module(RUNTIMES[name]).Interpreter
        except ImportError:
            continue
    if forced:
        raise UserError(f"{RUNTIME_VARIABLE}={forced} cannot be imported; install it or unset the variable.")
    raise UserError("no TFLite interpreter is installed; run `pip install ai-edge-litert` (or tflite-runtime).")


class Interpreter:
    """Runs one .tflite file that carries an ffkeras record; from several threads one after the other.

    Args:
        model: path of the file or name of a released network, or the file's bytes.
        num_threads: threads of the interpreter, at least 1.
        interpreter_class: a class such as `ai_edge_litert.interpreter.Interpreter`; None takes the first installed.
        name: what sentences call the file; None takes its path.

    Attributes:
        metadata: the file's record.
        image_size: (height, width) of the input in pixels.

    Raises:
        UserError: the file is missing, truncated, without a record or not what its record says; no interpreter is
            installed.
    """

    def __init__(
        self,
        model: str | os.PathLike | bytes,
        num_threads: int = 1,
        interpreter_class: Callable | None = None,
        name: str | None = None,
    ):
        if num_threads < 1:
            raise UserError(f"{num_threads} threads cannot run a network; give at least 1.")
        data, self._name = _named_bytes(model)
        self._name = name or self._name
        self.metadata: Metadata = read_metadata(data, self._name)
        self.image_size = self.metadata.image_size
        self._lock = threading.Lock()  # of the interpreter, whose tensors are one set
        with quiet_command():
            self._interpreter = self._load(interpreter_class or preferred_interpreter_class(), data, num_threads)
        self._input, self._outputs = self._find_borders()

    def _load(self, interpreter_class: Callable, data: bytes, num_threads: int):
        try:
            with _without_farewell(interpreter_class):
                interpreter = interpreter_class(model_content=data, num_threads=num_threads)
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise UserError(f"{self._name} cannot be loaded ({reason_of(error)}); copy or convert it again.") from error
        return interpreter

    def run(self, canvas: np.ndarray) -> dict[str, np.ndarray]:
        """Run the network on one letterboxed image.

        Args:
            canvas: uint8 BGR [height, width, 3] of exactly `image_size`.

        Returns:
            float32 `classification` [A, 2 or 1] probabilities, `bbox_regression` [A, 4] and `landmarks` [A, 10] codes;
            from a file that decodes, `score` [A, 1], `boxes` [A, 4] and `landmarks` [A, 10] normalised to the input.

        Raises:
            ValueError: a canvas of another shape or type.
        """
        return {name: output.to_float() for name, output in self.invoke(canvas).items()}

    def invoke(self, canvas: np.ndarray) -> dict[str, Output]:
        """As `run`, with the outputs in the file's own numbers, for those who need few of them as floats."""
        if canvas.shape != (*self.image_size, 3) or canvas.dtype != np.uint8:
            raise ValueError(f"a canvas {canvas.dtype} {canvas.shape} for an input of uint8 {(*self.image_size, 3)}")
        values = self._to_input(canvas)[None]  # [1, H, W, 3]
        with self._lock:
            self._interpreter.set_tensor(self._input["index"], values)
            self._interpreter.invoke()
            return {name: self._read_output(details) for name, details in self._outputs.items()}

    def shapes(self) -> dict[int, list[int]]:
        """Tensor -> shape, as the interpreter came to them; the file may say others."""
        return {entry["index"]: entry["shape"].tolist() for entry in self._interpreter.get_tensor_details()}

    def _to_input(self, canvas: np.ndarray) -> np.ndarray:
        """`canvas - mean` in the input's own type."""
        scale, zero_point = self._input["quantization"]
        mean = self.metadata.mean
        if self._input["dtype"] == np.float32:
            return cv2.subtract(canvas, (*mean, 0), dtype=cv2.CV_32F)
        if scale == 1 and zero_point == 0 and mean == (128, 128, 128):
            return (canvas ^ 0x80).view(np.int8)  # pixel - 128 is a flip of the sign bit
        values = np.round((canvas - np.array(mean, np.float32)) / scale) + zero_point
        return np.clip(values, -128, 127).astype(np.int8)

    def _read_output(self, details: dict) -> Output:
        values = self._interpreter.get_tensor(details["index"])[0]
        return Output(values, *details["quantization"]) if details["dtype"] == np.int8 else Output(values)

    def _find_borders(self) -> tuple[dict, dict[str, dict]]:
        """What the interpreter says of its borders: a graph may come to others than its file says."""
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        try:
            check_borders(self.metadata, list(map(_border, inputs)), list(map(_border, outputs)))
        except DisagreementError as error:
            raise disagreement(self._name, error) from error
        by_name = {details["name"]: details for details in outputs}
        return inputs[0], {output: by_name[tensor] for output, tensor in self.metadata.outputs.items()}


def _border(details: dict) -> Border:
    shape, (scale, zero_point) = tuple(details["shape"].tolist()), details["quantization"]
    return Border(details["name"], np.dtype(details["dtype"]).name, shape, scale, zero_point)


@contextlib.contextmanager
def _without_farewell(interpreter_class: Callable) -> Iterator[None]:
    """TensorFlow's own interpreter announces its retirement. One thread at a time: the filters are the process's."""
    made_by = getattr(interpreter_class, "func", interpreter_class)  # of a functools.partial
    if not made_by.__module__.startswith("tensorflow"):
        yield
        return
    with _WARNING_FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _named_bytes(model: str | os.PathLike | bytes) -> tuple[bytes, str]:
    """The bytes of a model, and what to call it in a sentence."""
    if isinstance(model, (bytes, bytearray)):
        return bytes(model), "the given model"
    return read_model(model), str(model)
