"""A file to measure: ours, by its record, or another project's, by its shapes."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ffkeras.benchmark.peers import PeerDetector, Unknown, recognise
from ffkeras.benchmark.peers.peer import Peer
from ffkeras.errors import UserError
from ffkeras.runtime import FaceDetector, Interpreter
from ffkeras.runtime.flatbuffer import BrokenFileError, find_metadata_buffer
from ffkeras.runtime.metadata import METADATA_NAME, read_metadata
from ffkeras.runtime.model_file import read_model


@dataclass(frozen=True)
class Subject:
    """A .tflite file and how to make a detector of it.

    Args:
        path: of the file.
        model: its bytes.
        image_size: (height, width) of its input in pixels.
        int8: it computes in int8.
        peer: the adapter to another project's file; None for ours.
    """

    path: Path
    model: bytes
    image_size: tuple[int, int]
    int8: bool
    peer: Peer | None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def kind(self) -> str:
        """Whose file it is."""
        return "ffkeras" if self.peer is None else self.peer.name

    @property
    def decodes(self) -> bool:
        """Whether its outputs can be read, so that decoding and suppression can be measured."""
        return not isinstance(self.peer, Unknown)

    def open(
        self,
        score_threshold: float | None = None,
        iou_threshold: float | None = None,
        num_threads: int = 1,
        interpreter_class: Callable | None = None,
    ) -> FaceDetector | PeerDetector:
        """A fresh detector.

        Args:
            score_threshold, iou_threshold: see `FaceDetector`; None takes the file's own, or the peer's default.
            num_threads: of the interpreter.
            interpreter_class: makes an interpreter; None takes the first installed.

        Raises:
            UserError: the file cannot be used.
        """
        if self.peer is None:
            return FaceDetector(Interpreter(self.model, num_threads, interpreter_class), score_threshold, iou_threshold)
        given = {"score_threshold": score_threshold, "iou_threshold": iou_threshold}
        thresholds = {name: value for name, value in given.items() if value is not None}
        return PeerDetector(
            self.model,
            self.peer,
            num_threads=num_threads,
            interpreter_class=interpreter_class,
            name=str(self.path),
            **thresholds,
        )


def read_subject(path: str | os.PathLike) -> Subject:
    """Read a .tflite file and find out whose it is.

    Raises:
        UserError: it cannot be read, is no TFLite file or is truncated, or takes no image.
    """
    path = Path(path)
    model = read_model(path)
    try:
        record = find_metadata_buffer(model, METADATA_NAME)
    except BrokenFileError as error:
        raise UserError(f"{path} is not a TFLite file, or is truncated ({error}); copy or convert it again.") from error
    if record is None:
        peer, int8 = recognise(model, str(path))
        return Subject(path, model, peer.image_size, int8, peer)
    metadata = read_metadata(model, str(path))
    return Subject(path, model, metadata.image_size, metadata.quantization == "int8", None)
