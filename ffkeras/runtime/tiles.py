"""Small faces in large pictures: overlapping tiles of the picture and of its halves (SAHI, Akyon et al. 2022)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ffkeras.errors import UserError
from ffkeras.geometry import iou_matrix, nms
from ffkeras.runtime.detection import Face

AUTO = "auto"
AUTO_RATIO = 2.0  # a picture so many times as large as the network's input is looked at in tiles by AUTO
LEAST_SIDE = 32  # pixels of a tile
OVERLAP = 0.25  # of a tile; faces up to this are whole in some tile, larger ones in those of the half as large picture
LEAST_RATIO = 1.25  # of a picture to a tile; below it the whole shows as much
EDGE = 0.01  # of a tile: a box so near to an edge that cuts the picture is a part of a face
PART = 0.7  # of its area: what lies so far inside of a face that is too large for its tile is a part of that face


@dataclass(frozen=True, eq=False)
class Tile:
    """A part of a picture, perhaps made smaller.

    Args:
        image: uint8 BGR [h, w, 3].
        offset: of its corner in the picture (x, y), pixels of `image`.
        factor: pixels of the picture for one of `image` (x, y).
        inner: which of its edges (left, top, right, bottom) are not the picture's.
    """

    image: np.ndarray
    offset: np.ndarray
    factor: np.ndarray
    inner: tuple[bool, bool, bool, bool]

    @property
    def reach(self) -> float:
        """Pixels of the picture up to which a face is whole in this tile or a neighbour."""
        return OVERLAP * max(self.image.shape[:2]) * float(self.factor.max())


def tile_side(tiles: str | int | None, picture_size: tuple[int, int], image_size: tuple[int, int]) -> int | None:
    """The longer side of the tiles that are wanted, in pixels of the picture; None for the whole picture alone.

    Args:
        tiles: AUTO for tiles of the network's input where the picture is AUTO_RATIO times as large; a side; or None.
        picture_size: (height, width) in pixels.
        image_size: (height, width) of the network's input.

    Raises:
        UserError: `tiles` is none of these.
    """
    if tiles is None:
        return None
    ratio = max(have / want for have, want in zip(picture_size, image_size, strict=True))
    if isinstance(tiles, str) and tiles == AUTO:
        return max(image_size) if ratio > AUTO_RATIO else None
    if isinstance(tiles, bool | str) or not isinstance(tiles, int | np.integer) or tiles < LEAST_SIDE:
        raise UserError(f"tiles of {tiles!r} are neither {AUTO!r} nor a whole number of pixels from {LEAST_SIDE} on.")
    return int(tiles)


def cut_tiles(picture: np.ndarray, side: int, image_size: tuple[int, int]) -> Iterator[Tile]:
    """Tiles of the picture, of its half, of the half of that ... as long as a tile shows more than the whole does.

    Args:
        picture: uint8 BGR [H, W, 3].
        side: longer side of a tile in pixels; it has the shape of the input.
        image_size: (height, width) of the network's input.
    """
    height, width = (max(1, round(side * length / max(image_size))) for length in image_size)
    level = picture
    while True:
        rows, columns = level.shape[:2]
        if max(rows / height, columns / width) <= LEAST_RATIO:
            return
        factor = np.array([picture.shape[1] / columns, picture.shape[0] / rows], np.float32)
        for top in _starts(rows, height):
            for left in _starts(columns, width):
                part = level[top : top + height, left : left + width]
                inner = (left > 0, top > 0, left + width < columns, top + height < rows)
                yield Tile(part, np.array([left, top], np.float32), factor, inner)
        level = cv2.resize(level, ((columns + 1) // 2, (rows + 1) // 2), interpolation=cv2.INTER_AREA)


def _starts(length: int, tile: int) -> list[int]:
    if length <= tile:
        return [0]
    overlap = OVERLAP * tile
    count = math.ceil((length - overlap) / (tile - overlap))
    return np.linspace(0, length - tile, count).round().astype(int).tolist()


def whole_faces(tile: Tile, faces: Sequence[Face]) -> list[Face]:
    """The faces of a tile that its edges do not cut, in pixels of the picture."""
    height, width = tile.image.shape[:2]
    margin = EDGE * max(height, width)
    kept = []
    for face in faces:
        left, top, right, bottom = face.box
        near = (left < margin, top < margin, right > width - margin, bottom > height - margin)
        if not any(inner and cut for inner, cut in zip(tile.inner, near, strict=True)):
            box = ((face.box.reshape(2, 2) + tile.offset) * tile.factor).reshape(4)
            kept.append(Face(box, face.score, (face.landmarks + tile.offset) * tile.factor))
    return kept


def merge(whole: Sequence[Face], tiles: Sequence[tuple[Face, float]], iou_threshold: float) -> list[Face]:
    """Every face once, best first; `Face.tile_only` marks those that no face of the whole picture overlaps.

    Args:
        whole: faces of the whole picture.
        tiles: faces of tiles, in pixels of the picture, each with the `reach` of its tile.
        iou_threshold: of two faces that overlap by more than this the better stays, 0..1.
    """
    faces = [*whole, *(face for face, _ in tiles)]
    if not faces:
        return []
    reaches = np.array([np.inf] * len(whole) + [reach for _, reach in tiles])
    boxes = np.stack([face.box for face in faces])
    kept = nms(boxes, np.array([face.score for face in faces]), iou_threshold)
    kept = kept[~_are_parts(boxes[kept], reaches[kept])]
    seen = iou_matrix(boxes[kept], boxes[: len(whole)]).max(axis=1, initial=0) > iou_threshold
    return [replace(faces[i], tile_only=not s) for i, s in zip(kept, seen, strict=True)]


def _are_parts(boxes: np.ndarray, reaches: np.ndarray) -> np.ndarray:
    """Which boxes [N, 4], best first, lie inside of a better one too large for their tile: bool [N]."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    inside = np.clip(high - low, 0, None).prod(axis=2)  # [N, N]
    sides = boxes[:, 2:] - boxes[:, :2]
    mostly = inside >= PART * sides.prod(axis=1)[:, None]
    too_large = sides.max(axis=1)[None] > reaches[:, None]
    return np.tril(mostly & too_large, k=-1).any(axis=1)
