"""Fabricated raw outputs of an int8 network: what photographs hardly ever bring, and every decoder must survive."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ffkeras.runtime import Metadata

INT8_LOW, INT8_HIGH = -128, 127
FACE_COLUMN = -1
BOX_CODE_LOW = -6.0  # an anchor shrinks to 0.3 of its side
SEED = 20260

Outputs = dict[str, np.ndarray]


@dataclass(frozen=True)
class Geometry:
    """What fabricated outputs must fit.

    Args:
        metadata: the record of the network's file.
        shapes: of the outputs without their batch axis, by name: [A, 1 or 2], [A, 4], [A, 10].
        quantization: (scale, zero point) of the outputs, by name.
    """

    metadata: Metadata
    shapes: Mapping[str, tuple[int, int]]
    quantization: Mapping[str, tuple[float, int]]

    def level_rows(self, level: int) -> np.ndarray:
        """Rows of the anchors of one pyramid level."""
        height, width = self.metadata.image_size
        anchors = self.metadata.anchors
        counts = [anchors.per_cell * (height // stride) * (width // stride) for stride in anchors.strides]
        start = sum(counts[:level])
        return np.arange(start, start + counts[level])

    def to_int8(self, name: str, worth: float | np.ndarray) -> np.ndarray:
        """What an output of this worth is as int8, at the ends of the range where it is beyond."""
        scale, zero_point = self.quantization[name]
        return np.clip(np.round(np.asarray(worth) / scale) + zero_point, INT8_LOW, INT8_HIGH).astype(np.int8)

    def no_faces(self) -> Outputs:
        """Outputs of score 0, codes of 0."""
        outputs = {name: np.full(shape, self.to_int8(name, 0.0)) for name, shape in self.shapes.items()}
        if self.shapes["classification"][1] > 1:
            outputs["classification"][:, 0] = self.to_int8("classification", 1.0)
        return outputs

    def set_scores(self, outputs: Outputs, rows: np.ndarray, scores: float | np.ndarray) -> None:
        """Give anchors a probability of being a face, and the rest to background where there is that column."""
        classes = outputs["classification"]
        if classes.shape[1] > 1:
            classes[rows, 0] = self.to_int8("classification", 1.0 - np.asarray(scores))
        classes[rows, FACE_COLUMN] = self.to_int8("classification", scores)


@dataclass(frozen=True)
class DecodingCase:
    """Raw outputs, and the size of the image that they are said to come from.

    Args:
        outputs: int8 [A, C], by name.
        source_width, source_height: pixels.
    """

    outputs: Outputs
    source_width: int
    source_height: int


def make_decoding_cases(geometry: Geometry) -> dict[str, DecodingCase]:
    """The cases by name. The same geometry always gives the same cases."""
    return {
        "no_face": DecodingCase(geometry.no_faces(), 640, 480),
        "below_threshold": DecodingCase(_around_threshold(geometry), 333, 251),
        "thousand_faces": DecodingCase(_thousand_faces(geometry), 1999, 1501),
        "ties": DecodingCase(_ties(geometry), 517, 389),
        "outside": DecodingCase(_outside(geometry), 601, 211),
        "wild_codes": DecodingCase(_wild_codes(geometry), 480, 640),
        "one_pixel": DecodingCase(_outside(geometry), 1, 1),
        "line": DecodingCase(_outside(geometry), 3000, 1),
    }


def _spread(rows: np.ndarray, count: int) -> np.ndarray:
    return rows[np.linspace(0, len(rows) - 1, count).round().astype(int)]


def _around_threshold(geometry: Geometry) -> Outputs:
    """Neighbours of the score threshold in int8: the last that is no face and the first that is one."""
    outputs = geometry.no_faces()
    rows = _spread(geometry.level_rows(1), 8)
    first = int(geometry.to_int8("classification", geometry.metadata.score_threshold))
    outputs["classification"][rows, FACE_COLUMN] = first + np.array([-2, -1, 0, 1, -1, 0, 2, -2])
    return outputs


def _thousand_faces(geometry: Geometry) -> Outputs:
    """A small box in every anchor of the two finer levels, with a score of 0.5 to 1: more than any list holds."""
    outputs = geometry.no_faces()
    random = np.random.Generator(np.random.PCG64(SEED))
    rows = np.concatenate([geometry.level_rows(0), geometry.level_rows(1)])
    geometry.set_scores(outputs, rows, random.integers(130, 256, len(rows)) / 256)
    per_cell = geometry.metadata.anchors.per_cell
    codes = np.zeros((len(rows), 4))
    codes[:, 0] = 4.0 * (rows % per_cell - (per_cell - 1) / 2)  # anchors of a cell side by side
    codes[:, 2:] = BOX_CODE_LOW
    outputs["bbox_regression"][rows] = geometry.to_int8("bbox_regression", codes)
    outputs["landmarks"][rows] = geometry.to_int8("landmarks", random.normal(0, 2, (len(rows), 10)))
    return outputs


def _ties(geometry: Geometry) -> Outputs:
    """Faces of one score in pairs that overlap and alone: the first anchor wins, and order is that of anchors."""
    outputs = geometry.no_faces()
    per_cell = geometry.metadata.anchors.per_cell
    cells = _spread(geometry.level_rows(1)[::per_cell], 6)
    geometry.set_scores(outputs, cells, 0.75)
    twins = cells + per_cell  # the next cell, with its box moved onto the first one's
    height, width = geometry.metadata.image_size
    stride, side = geometry.metadata.anchors.strides[1], geometry.metadata.anchors.sizes[1][0]
    geometry.set_scores(outputs, twins[:4], 0.75)
    codes = np.array([-stride / side / geometry.metadata.variances[0], 0.5, 0.3, 0.3])
    outputs["bbox_regression"][twins[:4]] = geometry.to_int8("bbox_regression", codes)
    outputs["landmarks"][cells] = geometry.to_int8("landmarks", np.arange(10) - 4.5)
    return outputs


def _outside(geometry: Geometry) -> Outputs:
    """Boxes over the corners and edges of the input, and some wholly in the filled part beside the image."""
    outputs = geometry.no_faces()
    per_cell = geometry.metadata.anchors.per_cell
    height, width = geometry.metadata.image_size
    stride = geometry.metadata.anchors.strides[2]
    rows_of_cells, columns = height // stride, width // stride
    cells = np.array([0, columns - 1, columns * (rows_of_cells // 2), columns * (rows_of_cells - 1)])
    cells = np.append(cells, columns * rows_of_cells - 1)
    rows = geometry.level_rows(2)[cells * per_cell]
    geometry.set_scores(outputs, rows, np.array([0.9, 0.8, 0.95, 0.7, 0.6]))
    directions = np.array([[-1, -1], [1, -1], [-1, 0], [-1, 1], [1, 1]])
    codes = np.concatenate([3.0 * directions, np.full((5, 2), -2.0)], axis=1)
    outputs["bbox_regression"][rows] = geometry.to_int8("bbox_regression", codes)
    outputs["landmarks"][rows] = geometry.to_int8("landmarks", np.tile(6.0 * directions, 5))
    beside = _spread(geometry.level_rows(0), 9)
    geometry.set_scores(outputs, beside, np.linspace(0.99, 0.55, 9))
    return outputs


def _wild_codes(geometry: Geometry) -> Outputs:
    """All codes at an end of int8, on anchors of every level: the largest and the smallest boxes there can be."""
    outputs = geometry.no_faces()
    random = np.random.Generator(np.random.PCG64(SEED + 1))
    rows = np.concatenate([_spread(geometry.level_rows(level), 12) for level in range(3)])
    geometry.set_scores(outputs, rows, random.permutation(len(rows)) / 80 + 0.51)
    for name in ("bbox_regression", "landmarks"):
        shape = (len(rows), geometry.shapes[name][1])
        outputs[name][rows] = np.where(random.random(shape) < 0.5, INT8_LOW, INT8_HIGH).astype(np.int8)
    return outputs
