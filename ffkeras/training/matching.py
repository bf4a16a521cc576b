"""Which anchors answer for which faces, and what these should predict; with NumPy alone.

A face reaches few of the anchors, so only those around its centre are looked at: an image of thirty faces takes a
sixth of the time that a table of all faces and anchors takes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ffkeras.geometry import AnchorConfig, encode_boxes, encode_landmarks, make_anchors
from ffkeras.training.loss_config import ATSS

POSITIVE_IOU = 0.35  # RetinaFace, sec. 4.2
ATSS_CELLS = 9  # of each level, those nearest to a face's centre (Zhang et al. 2020, sec. 4.1)
ATSS_WINDOW = 5  # cells a side, which hold the nearest nine wherever the centre lies
IGNORED_WINDOW = 7  # cells a side, which hold all anchors that a small ignored face concerns
SMALL_FACE = 32.0  # pixels of the longer side; larger ignored faces are compared with all anchors
IGNORED_SHARE_OF_ANCHOR = 0.5  # an anchor that lies half inside an ignored region says nothing
IGNORED_SHARE_OF_BEST = 0.5  # nor does one that fits an ignored face half as well as the best anchor does
FORCED = 2.0  # above any IoU: a face's best anchor is its own whatever the overlap
SMALLEST_SIDE = 1e-6  # normalised; keeps the logarithm of an empty box finite

FACE, BACKGROUND, IGNORED = 1, 0, -1

Targets = dict[str, np.ndarray]
Match = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], Targets]


@dataclass(frozen=True)
class Overlaps:
    """Some boxes and some anchors for each of them.

    Args:
        anchor: int64 [N, M], indices of anchors.
        distance: float32 [N, M], square of the distance of the centres, in pixels.
        inside: bool [N, M], whether the anchor's centre lies in the box.
        share: float32 [N, M], the part of the anchor that lies in the box, 0..1.
        iou: float32 [N, M].
    """

    anchor: np.ndarray
    distance: np.ndarray
    inside: np.ndarray
    share: np.ndarray
    iou: np.ndarray


class AnchorGrid:
    """The anchors of a network input, to be looked up by place.

    Args:
        config: sizes and strides.
        image_size: (height, width) of the network input in pixels.
    """

    def __init__(self, config: AnchorConfig, image_size: tuple[int, int]):
        self.anchors = make_anchors(config, image_size)  # normalised
        self.per_cell = config.per_cell
        self.pixels = np.array(image_size[::-1], np.float32)
        self._everywhere = np.arange(len(self.anchors))
        self._levels = []
        start = 0
        for sizes, stride in zip(config.sizes, config.strides, strict=True):
            rows, columns = image_size[0] // stride, image_size[1] // stride
            self._levels.append((stride, rows, columns, np.array(sizes, np.float32), start))
            start += rows * columns * len(sizes)

    def around(self, boxes: np.ndarray, window: int) -> Iterator[Overlaps]:
        """For each level the anchors of the window x window cells around the boxes' centres, or of all its cells.

        Args:
            boxes: float32 [N, 4], corners in pixels.
            window: cells a side.
        """
        centre = (boxes[:, :2] + boxes[:, 2:]) / 2
        for stride, rows, columns, sizes, start in self._levels:
            first = np.rint(centre / stride - 0.5).astype(int) - window // 2  # [N, 2]
            across, down = (_span(first[:, i], window, count) for i, count in ((0, columns), (1, rows)))
            cells = (len(boxes), down.shape[1] * across.shape[1], 1)
            cell = (down[:, :, None] * columns + across[:, None, :]).reshape(cells)
            anchor = start + cell * len(sizes) + np.arange(len(sizes))
            shape = (len(boxes), down.shape[1], across.shape[1])
            x = np.broadcast_to(((across + 0.5) * stride)[:, None, :], shape).reshape(cells)
            y = np.broadcast_to(((down + 0.5) * stride)[:, :, None], shape).reshape(cells)
            yield _overlaps(boxes, anchor, x.astype(np.float32), y.astype(np.float32), sizes)

    def all(self, boxes: np.ndarray) -> Overlaps:
        """All anchors, for each of the boxes float32 [N, 4], corners in pixels."""
        x, y = (self.anchors[:, i] * self.pixels[i] for i in (0, 1))
        anchor = np.broadcast_to(self._everywhere, (len(boxes), len(x)))[:, :, None]
        sides = (self.anchors[:, 2] * self.pixels[0])[:, None]
        return _overlaps(boxes, anchor, x[None, :, None], y[None, :, None], sides)


def _span(first: np.ndarray, window: int, count: int) -> np.ndarray:
    """int [N, window], or [N, count] where there are no more cells: consecutive cells within 0..count - 1."""
    window = min(window, count)
    return np.clip(first, 0, count - window)[:, None] + np.arange(window)


def _overlaps(boxes, anchor, x, y, sides) -> Overlaps:
    """Compare boxes [N, 4] with anchors of centres x, y [N or 1, C, 1] and sides [K] or [C, 1]: all [N, C * K]."""
    x1, y1, x2, y2 = (boxes[:, i, None, None] for i in range(4))
    half = sides / 2
    width = np.maximum(np.minimum(x2, x + half) - np.maximum(x1, x - half), 0)
    height = np.maximum(np.minimum(y2, y + half) - np.maximum(y1, y - half), 0)
    intersection = width * height  # [N, C, K]
    area = sides * sides
    distance = (x - (x1 + x2) / 2) ** 2 + (y - (y1 + y2) / 2) ** 2
    inside = (x > x1) & (x < x2) & (y > y1) & (y < y2)
    shape = intersection.shape
    flat = (len(boxes), shape[1] * shape[2])
    return Overlaps(
        anchor.reshape(flat),
        np.broadcast_to(distance, shape).reshape(flat),
        np.broadcast_to(inside, shape).reshape(flat),
        (intersection / area).reshape(flat),
        (intersection / ((x2 - x1) * (y2 - y1) + area - intersection)).reshape(flat),
    )


def make_matcher(config: AnchorConfig, image_size: tuple[int, int], kind: str = ATSS) -> Match:
    """A function from one image's faces to the targets of all anchors.

    Each face takes its best anchor, and

    - `iou`: all anchors that overlap it with IoU >= 0.35 (SSD, Liu et al. 2016, sec. 2.2). A face of 128 pixels has
      five times as many as one of 16.
    - `atss`: of each level the anchors in the nine cells nearest to its centre; of these, those inside the face whose
      IoU is above the candidates' mean by their standard deviation (Zhang et al. 2020, algorithm 1). Faces of all
      sizes have about as many.

    An anchor that two faces take goes to the one that it overlaps more. Anchors at ignored faces that are not positive
    are left out of the loss.

    Args:
        config: the anchors.
        image_size: (height, width) of the network input in pixels.
        kind: `iou` or `atss`.

    Returns:
        A function of boxes float32 [N, 4] (corners) and landmarks [N, 5, 2], normalised, has_landmarks bool [N] and
        ignore bool [N], that gives `label` int32 [A] (1 face, 0 background, -1 ignored), `box` float32 [A, 4] and
        `landmarks` float32 [A, 10] as codes, zero where the anchor is not positive, `has_landmarks` bool [A], and
        `positives` float32 [A], the number of positive anchors of the face of a positive one, 1 elsewhere.
    """
    grid = AnchorGrid(config, image_size)
    claim = _claim_by_atss if kind == ATSS else _claim_by_iou
    count = len(grid.anchors)

    def match(boxes, landmarks, has_landmarks, ignore):
        pixels = boxes * np.tile(grid.pixels, 2)
        faces = np.flatnonzero(~ignore)
        anchor, owner = _owners(*claim(grid, pixels[faces]))
        owner = faces[owner]
        label = np.full(count, BACKGROUND, np.int32)
        label[_ignored_anchors(grid, pixels[ignore])] = IGNORED
        label[anchor] = FACE
        targets = {
            "label": label,
            "box": np.zeros((count, 4), np.float32),
            "landmarks": np.zeros((count, 10), np.float32),
            "has_landmarks": np.zeros(count, bool),
            "positives": np.ones(count, np.float32),
        }
        own = grid.anchors[anchor]
        corners = boxes[owner]
        corners[:, 2:] = np.maximum(corners[:, 2:], corners[:, :2] + SMALLEST_SIDE)
        targets["box"][anchor] = encode_boxes(corners, own)
        targets["landmarks"][anchor] = encode_landmarks(landmarks[owner], own)
        targets["has_landmarks"][anchor] = has_landmarks[owner]
        targets["positives"][anchor] = np.bincount(owner, minlength=len(boxes))[owner]
        return targets

    return match


def _claim_by_iou(grid: AnchorGrid, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Anchors [N, M] and how much each face wants them [N, M], 0 for not at all."""
    found = grid.all(boxes)
    return found.anchor, _with_best(found.iou, found.iou >= POSITIVE_IOU)


def _claim_by_atss(grid: AnchorGrid, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """See `_claim_by_iou`."""
    levels = list(grid.around(boxes, ATSS_WINDOW))
    near = []
    for found in levels:
        number = min(ATSS_CELLS * grid.per_cell, found.distance.shape[1])
        near.append(found.distance <= np.partition(found.distance, number - 1, axis=1)[:, number - 1 : number])
    near = np.concatenate(near, axis=1)
    anchor, iou, inside = (
        np.concatenate([getattr(found, name) for found in levels], axis=1) for name in ("anchor", "iou", "inside")
    )
    number = np.maximum(near.sum(axis=1, keepdims=True), 1)
    mean = (near * iou).sum(axis=1, keepdims=True) / number
    deviation = np.sqrt((near * (iou - mean) ** 2).sum(axis=1, keepdims=True) / number)
    return anchor, _with_best(iou, near & inside & (iou >= mean + deviation))


def _with_best(iou: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The wish [N, M] for the anchors that are chosen, which is their IoU, and for the best one, which is above all."""
    wish = np.where(chosen, iou, 0)
    wish[np.arange(len(iou)), iou.argmax(axis=1)] += FORCED
    return wish


def _owners(anchor: np.ndarray, wish: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each wanted anchor once, int [P], and the face that wants it most, int [P]; of equals the first."""
    face, place = np.nonzero(wish)
    wanted, strength = anchor[face, place], wish[face, place]
    order = np.lexsort((face, -strength, wanted))
    wanted, first = np.unique(wanted[order], return_index=True)
    return wanted, face[order][first]


def _ignored_anchors(grid: AnchorGrid, boxes: np.ndarray) -> np.ndarray:
    """Indices of the anchors that ignored faces concern; boxes are corners in pixels [N, 4]."""
    small = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0) <= SMALL_FACE
    groups = []
    if small.any():
        levels = list(grid.around(boxes[small], IGNORED_WINDOW))
        groups.append(
            [np.concatenate([getattr(found, name) for found in levels], 1) for name in ("anchor", "iou", "share")]
        )
    if not small.all():
        found = grid.all(boxes[~small])
        groups.append([found.anchor, found.iou, found.share])
    concerned = [np.zeros(0, int)]
    for anchor, iou, share in groups:
        best = iou.max(axis=1, keepdims=True)
        near = (iou >= np.minimum(POSITIVE_IOU, IGNORED_SHARE_OF_BEST * best)) & (best > 0)
        concerned.append(anchor[near | (share >= IGNORED_SHARE_OF_ANCHOR)])
    return np.concatenate(concerned)
