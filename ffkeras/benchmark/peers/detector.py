"""A detector from a .tflite file that is not ours."""

from collections import defaultdict
from collections.abc import Callable

import cv2
import numpy as np

from ffkeras.benchmark.interpreters import open_interpreter
from ffkeras.benchmark.peers.blazeface import BlazeFace
from ffkeras.benchmark.peers.peer import Decoded, Peer, RawOutputs, without_landmarks
from ffkeras.benchmark.peers.prior_boxes import SlimWithLandmarks, UltraLight
from ffkeras.benchmark.peers.yunet import YuNet
from ffkeras.errors import UserError
from ffkeras.geometry import letterbox
from ffkeras.runtime import Face
from ffkeras.runtime.decode import Candidates, FaceDecoder
from ffkeras.runtime.output import Output

PIXELS = np.arange(256, dtype=np.float32)
_NO_ANCHORS = np.empty((0, 4), np.float32)  # what the adapters decode needs none


class Unknown(Peer):
    """A file of no known kind: it is loaded and run, and what it says stays unread."""

    name = "unknown"

    def output_shapes(self) -> list[tuple[int, int]]:
        """None: nothing is recognised as unknown."""
        return []

    def decode(self, outputs: RawOutputs, threshold: float) -> Decoded:
        """No candidates."""
        return Decoded(np.empty(0, np.float32), np.empty((0, 4), np.float32), without_landmarks(0))


KINDS: tuple[type[Peer], ...] = (YuNet, BlazeFace, SlimWithLandmarks, UltraLight)


def recognise(model: bytes, name: str) -> tuple[Peer, bool]:
    """The adapter to a file, by the shapes of its input and outputs, `Unknown` where none fits; and whether it is int8.

    Args:
        model: bytes of a .tflite file with one image input [1, H, W, 3] in int8 or float32.
        name: what the sentence of an error calls it.

    Raises:
        UserError: it cannot be loaded, or its input is not such an image.
    """
    interpreter = open_interpreter(model, num_threads=1, name=name)
    inputs = interpreter.get_input_details()
    shape = inputs[0]["shape"].tolist()
    is_image = len(inputs) == 1 and len(shape) == 4 and shape[0] == 1 and shape[3] == 3
    if not is_image or inputs[0]["dtype"] not in (np.int8, np.float32):
        raise UserError(f"{name} does not take one image [1, H, W, 3] of int8 or float32; leave it out.")
    interpreter.set_tensor(inputs[0]["index"], np.zeros(shape, inputs[0]["dtype"]))
    interpreter.invoke()  # some files know the shapes of their outputs only then
    outputs = [interpreter.get_tensor(details["index"]).shape[1:] for details in interpreter.get_output_details()]
    image_size, int8 = (shape[1], shape[2]), inputs[0]["dtype"] == np.int8
    for kind in KINDS:
        adapter = kind(image_size)
        if sorted(outputs) == adapter.output_shapes():
            return adapter, int8
    return Unknown(image_size), int8


class PeerDetector:
    """Finds faces with another project's file, with our letterbox and our suppression.

    Args:
        model: bytes of a .tflite file.
        peer: its adapter.
        score_threshold: faces below this score are left out, 0..1.
        iou_threshold: of two faces that overlap by more than this the better stays, 0..1.
        num_threads: of the interpreter.
        interpreter_class: makes an interpreter, as `ai_edge_litert.interpreter.Interpreter` does; None takes LiteRT's.
        name: what the sentence of an error calls the file.

    Raises:
        UserError: the file cannot be loaded.
    """

    def __init__(
        self,
        model: bytes,
        peer: Peer,
        score_threshold: float = 0.5,
        iou_threshold: float = 0.4,
        num_threads: int = 1,
        interpreter_class: Callable | None = None,
        name: str = "the model",
    ):
        self.peer = peer
        self.image_size = peer.image_size
        self.score_threshold, self.iou_threshold = score_threshold, iou_threshold
        self._interpreter = open_interpreter(model, num_threads, name, interpreter_class)
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = self._interpreter.get_output_details()
        self._values = _input_values(peer, self._input)

    def detect(self, image: np.ndarray) -> list[Face]:
        """Faces of a uint8 BGR image [H, W, 3], best first, in its pixels; landmarks a kind lacks are not a number."""
        return self.suppress(*self.find_candidates(image))

    def find_candidates(self, image: np.ndarray) -> tuple[FaceDecoder, Candidates]:
        """The first part of `detect`, see `FaceDetector.find_candidates`."""
        canvas, fitted = letterbox(image, self.image_size, self.peer.mean)
        values = cv2.LUT(cv2.cvtColor(canvas, cv2.COLOR_BGR2RGB) if self.peer.rgb else canvas, self._values)
        self._interpreter.set_tensor(self._input["index"], values[None])  # [1, H, W, 3]
        self._interpreter.invoke()
        found = self.peer.decode(self._read_outputs(), self.score_threshold)
        outputs = {"score": found.scores[:, None], "boxes": found.boxes, "landmarks": found.landmarks.reshape(-1, 10)}
        decoder = FaceDecoder(outputs, _NO_ANCHORS, self.image_size, fitted)
        return decoder, decoder.candidates(self.score_threshold)

    def suppress(self, decoder: FaceDecoder, candidates: Candidates) -> list[Face]:
        """The rest of `detect`."""
        return decoder.suppress(candidates, self.iou_threshold)

    def _read_outputs(self) -> RawOutputs:
        outputs = defaultdict(list)
        for details in self._outputs:
            values = self._interpreter.get_tensor(details["index"])[0]
            quantization = details["quantization"] if values.dtype == np.int8 else ()
            outputs[values.shape].append(Output(values, *quantization))
        return outputs


def _input_values(peer: Peer, details: dict) -> np.ndarray:
    """What stands in the input for each pixel value, [1, 256, 3], in the file's order of channels."""
    mean = np.array(peer.mean[::-1] if peer.rgb else peer.mean, np.float32)
    values = (PIXELS[:, None] - mean) / np.float32(peer.divisor)  # [256, 3]
    if details["dtype"] == np.int8:
        scale, zero_point = details["quantization"]
        values = np.clip(np.round(values / scale) + zero_point, -128, 127).astype(np.int8)
    return values[None]
