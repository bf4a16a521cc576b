"""The official ground truth of the WIDER FACE validation set: four Matlab files."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.io

from ffkeras.errors import UserError
from ffkeras.evaluation.average_precision import GroundTruth

SUBSETS = ("easy", "medium", "hard")


@dataclass(frozen=True, eq=False)
class WiderFaceGroundTruth:
    """Faces of the validation images, and which of them each subset counts.

    Every mapping has the image name, "<event>/<name>.jpg", as its key, in the official order.

    Args:
        boxes: float64 [N, 4] (x, y, w, h) in pixels of the source image.
        valid: bool [N]; false for faces that the authors marked as invalid.
        kept: for "easy", "medium" and "hard" the indices of the faces that count, int64.
    """

    boxes: dict[str, np.ndarray]
    valid: dict[str, np.ndarray]
    kept: dict[str, dict[str, np.ndarray]]

    @property
    def names(self) -> list[str]:
        """All image names, in the official order."""
        return list(self.boxes)

    def subset(self, subset: str, names: Iterable[str]) -> dict[str, GroundTruth]:
        """The ground truth of "easy", "medium" or "hard", for the images named."""
        return {name: GroundTruth(self.boxes[name], self._mask(subset, name)) for name in names}

    def valid_faces(self, names: Iterable[str]) -> dict[str, GroundTruth]:
        """The ground truth in which every valid face counts, for the images named."""
        return {name: GroundTruth(self.boxes[name], self.valid[name]) for name in names}

    def _mask(self, subset: str, name: str) -> np.ndarray:
        mask = np.zeros(len(self.boxes[name]), bool)
        mask[self.kept[subset][name]] = True
        return mask


def read_ground_truth(folder: str | os.PathLike) -> WiderFaceGroundTruth:
    """Read `wider_face_val.mat` and the easy, medium and hard files from `folder`.

    Raises:
        UserError: a file is missing, unreadable, not a Matlab file, or of another content.
    """
    folder = Path(folder)
    faces = _load(folder / "wider_face_val.mat")
    try:
        boxes = {name: box.reshape(-1, 4).astype(np.float64) for name, box in _by_image(faces, "face_bbx_list")}
        valid = {name: flag.ravel() == 0 for name, flag in _by_image(faces, "invalid_label_list")}
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise _wrong_content(folder / "wider_face_val.mat") from error
    kept = {subset: _read_kept(folder / f"wider_{subset}_val.mat", boxes) for subset in SUBSETS}
    return WiderFaceGroundTruth(boxes, valid, kept)


def _read_kept(path: Path, boxes: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The subset's faces of each image, counted from 0; Matlab counts from 1."""
    subset = _load(path)
    try:
        kept = {name: index.ravel().astype(np.int64) - 1 for name, index in _by_image(subset, "gt_list")}
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise _wrong_content(path) from error
    inside = all(((index >= 0) & (index < len(boxes[name]))).all() for name, index in kept.items() if name in boxes)
    if kept.keys() != boxes.keys() or not inside:
        raise UserError(f"{path} does not belong to wider_face_val.mat beside it; take both from one eval_tools.zip.")
    return kept


def _by_image(content: dict, field: str) -> list[tuple[str, np.ndarray]]:
    """(image name, entry) of one nested Matlab cell array, event by event."""
    rows = []
    for event, files, entries in zip(content["event_list"], content["file_list"], content[field], strict=True):
        for file, entry in zip(files[0], entries[0], strict=True):
            rows.append((f"{event[0][0]}/{file[0][0]}.jpg", entry[0]))
    return rows


def _load(path: Path) -> dict:
    if not path.is_file():
        raise UserError(f"{path} is missing; unpack the ground truth of WIDER FACE's eval_tools.zip there.")
    try:
        return scipy.io.loadmat(path)
    except Exception as error:  # scipy raises whatever the damage leads to, from zlib.error to MemoryError
        raise UserError(
            f"{path} is not a readable Matlab file ({error}); unpack it from eval_tools.zip again."
        ) from error


def _wrong_content(path: Path) -> UserError:
    return UserError(f"{path} does not hold WIDER FACE's ground truth; unpack it from eval_tools.zip again.")
