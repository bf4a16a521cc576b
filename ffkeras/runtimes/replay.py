"""The detector's own way from an image to the network's input and from raw outputs to faces, with any runtime between.

A tape stands where the detector expects an interpreter: it keeps the input that the detector made, and plays the
outputs that a runtime gave. So letterbox, quantisation, decoding and suppression are the detector's, whatever the file.
"""

import os
from collections.abc import Iterable, Sequence

import numpy as np

from ffkeras.runtime import Face, FaceDetector, Interpreter, Metadata
from ffkeras.runtime.interpreter import preferred_interpreter_class

NO_FACE = 1.0  # a score threshold that the zeros of an empty tape do not reach


class _Tape:
    """Has the methods of a TFLite interpreter that the detector uses."""

    def load(self, model_content: bytes, num_threads: int) -> "_Tape":
        """Take a file; a real interpreter checks it and tells its details."""
        real = preferred_interpreter_class()(model_content=model_content, num_threads=num_threads)
        real.allocate_tensors()
        self._inputs, self._outputs = real.get_input_details(), real.get_output_details()
        self.input = np.zeros(0)
        self.outputs = [np.zeros(entry["shape"], entry["dtype"]) for entry in self._outputs]
        return self

    def allocate_tensors(self) -> None:
        """Nothing to allocate."""

    def invoke(self) -> None:
        """Nothing to compute."""

    def get_input_details(self) -> list[dict]:
        return self._inputs

    def get_output_details(self) -> list[dict]:
        return self._outputs

    def set_tensor(self, index: int, values: np.ndarray) -> None:
        self.input = np.array(values)

    def get_tensor(self, index: int) -> np.ndarray:
        position = next(place for place, entry in enumerate(self._outputs) if entry["index"] == index)
        return self.outputs[position]


class Replay:
    """A detector whose network runs elsewhere.

    Args:
        model: path of a .tflite file with an ffkeras record.

    Raises:
        UserError: the file cannot be used.
    """

    def __init__(self, model: str | os.PathLike):
        self._tape = _Tape()
        self._interpreter = Interpreter(model, interpreter_class=self._tape.load)
        self._recorder = FaceDetector(self._interpreter, score_threshold=NO_FACE)
        self._zeros = self._tape.outputs

    @property
    def metadata(self) -> Metadata:
        """The file's record."""
        return self._interpreter.metadata

    @property
    def output_details(self) -> list[dict]:
        """The interpreter's details of the outputs, in the file's order."""
        return self._tape.get_output_details()

    @property
    def output_names(self) -> list[str]:
        """What the record calls the outputs, in the file's order; the tensor's own name where it does not say."""
        names = {tensor: name for name, tensor in self.metadata.outputs.items()}
        return [names.get(entry["name"], entry["name"]) for entry in self.output_details]

    def input_of(self, image: np.ndarray) -> np.ndarray:
        """The network's input [1, height, width, 3], in its own type, for a uint8 BGR image [H, W, 3]."""
        self._tape.outputs = self._zeros
        self._recorder.detect(image)
        return self._tape.input

    def inputs_of(self, images: Iterable[np.ndarray]) -> np.ndarray:
        """`input_of` each image, [N, 1, height, width, 3]."""
        return np.stack([self.input_of(image) for image in images])

    def faces(
        self, image: np.ndarray, outputs: Sequence[np.ndarray], score_threshold: float | None = None
    ) -> list[Face]:
        """The faces that a detector reports in `image` when its network gives these raw outputs, best first.

        Args:
            image: uint8 BGR [H, W, 3].
            outputs: in the file's order, each with its batch axis of 1.
            score_threshold: None takes the file's own.
        """
        self._tape.outputs = list(outputs)
        return FaceDetector(self._interpreter, score_threshold=score_threshold).detect(image)
