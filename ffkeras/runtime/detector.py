"""The face detector: one .tflite file in, faces out."""

import os

import numpy as np

from ffkeras.errors import UserError
from ffkeras.geometry import letterbox, make_anchors
from ffkeras.runtime.decode import Candidates, FaceDecoder
from ffkeras.runtime.detection import Face
from ffkeras.runtime.interpreter import Interpreter
from ffkeras.runtime.metadata import Metadata
from ffkeras.runtime.picture import to_picture
from ffkeras.runtime.released import DEFAULT_MODEL
from ffkeras.runtime.rotations import QUARTERS, merge_turned, turned, turned_back
from ffkeras.runtime.tiles import cut_tiles, merge, tile_side, whole_faces


class FaceDetector:
    """Finds faces in images of any size.

    Several threads may use one detector: all but the network's own run go on side by side. A detector for each of them
    is faster where there are cores to spare.

    Args:
        model: path of a .tflite file written by tools/convert_tflite.py, or its bytes; the name of a released network
            such as "nano_b_320"; or an `Interpreter`.
        score_threshold: faces below this probability are left out, 0..1; None takes the file's own value.
        iou_threshold: of two faces that overlap by more than this the better stays, 0..1; None takes the file's own.
        num_threads: threads of the interpreter, at least 1.

    Raises:
        UserError: a file that cannot be used, or a value out of its range.
    """

    def __init__(
        self,
        model: str | os.PathLike | bytes | Interpreter = DEFAULT_MODEL,
        score_threshold: float | None = None,
        iou_threshold: float | None = None,
        num_threads: int = 1,
    ):
        self._interpreter = model if isinstance(model, Interpreter) else Interpreter(model, num_threads)
        record = self._interpreter.metadata
        self.score_threshold = _probability("score threshold", score_threshold, record.score_threshold)
        self.iou_threshold = _probability("IoU threshold", iou_threshold, record.iou_threshold)
        self._anchors = make_anchors(record.anchors, record.image_size)

    @property
    def metadata(self) -> Metadata:
        """The record inside the file: network, input size, licence and so on."""
        return self._interpreter.metadata

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of the network input in pixels; images are resized to fit it."""
        return self._interpreter.image_size

    def detect(self, image: np.ndarray, tiles: str | int | None = None, rotations: bool = False) -> list[Face]:
        """Find the faces of one image.

        Args:
            image: BGR as OpenCV reads it, [H, W, 3] uint8; `ffkeras.runtime.picture` brings other arrays to that form.
            tiles: "auto" looks at overlapping tiles too where the image is more than twice as large as the network's
                input, for faces that are small in it; a number does so with tiles of that longer side in pixels; None
                looks at the whole alone. `Face.tile_only` says which faces only tiles show.
            rotations: look at the image turned by a quarter, a half and three quarters too, for faces that lie or stand
                on their heads; takes four times as long.

        Returns:
            Faces in pixels of `image`, best first.

        Raises:
            UserError: not an image, one without pixels, of numbers with no clear meaning; `tiles` of another kind.
        """
        picture = to_picture(image)
        faces = self._look(picture, tiles)
        if not rotations:
            return faces
        for quarters in QUARTERS:
            found = self._look(turned(picture, quarters), tiles)
            faces += [turned_back(face, quarters, picture.shape[:2]) for face in found]
        return merge_turned(faces, self.iou_threshold)

    def _look(self, picture: np.ndarray, tiles: str | int | None) -> list[Face]:
        side = tile_side(tiles, picture.shape[:2], self.image_size)
        faces = self._detect(picture)
        if side is None:
            return faces
        in_tiles = [
            (face, tile.reach)
            for tile in cut_tiles(picture, side, self.image_size)
            for face in whole_faces(tile, self._detect(tile.image))
        ]
        return merge(faces, in_tiles, self.iou_threshold)

    def _detect(self, image: np.ndarray) -> list[Face]:
        return self.suppress(*self.find_candidates(image))

    def find_candidates(self, image: np.ndarray) -> tuple[FaceDecoder, Candidates]:
        """The first part of `detect`: letterbox, network, and what may be a face; `image` is uint8 BGR [H, W, 3]."""
        canvas, fitted = letterbox(image, self.image_size, self.metadata.mean)
        decoder = FaceDecoder(self._interpreter.invoke(canvas), self._anchors, self.image_size, fitted)
        return decoder, decoder.candidates(self.score_threshold)

    def suppress(self, decoder: FaceDecoder, candidates: Candidates) -> list[Face]:
        """The rest of `detect`: of faces that overlap the better one."""
        return decoder.suppress(candidates, self.iou_threshold)


def _probability(name: str, value: float | None, default: float) -> float:
    if value is None:
        return default
    if not 0 <= value <= 1:
        raise UserError(f"{name} {value} is not in 0..1; choose one such as {default}.")
    return float(value)
