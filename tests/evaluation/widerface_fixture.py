"""A tiny validation set in WIDER FACE's official layout: Matlab files and images."""

from pathlib import Path

import cv2
import numpy as np
import scipy.io

IMAGES = {  # name -> (boxes x y w h, invalid flags, kept faces of easy, medium, hard, counted from 1)
    "0--Parade/a": ([[10, 10, 40, 40], [100, 20, 20, 20]], [0, 0], ([1], [1, 2], [1, 2])),
    "0--Parade/b": ([[5, 5, 100, 100]], [0], ([1], [1], [1])),
    "1--Meeting/c": ([[30, 30, 8, 8], [60, 60, 30, 30]], [1, 0], ([], [2], [2])),
}
IMAGE_SHAPE = (120, 160, 3)


def cells(entries) -> np.ndarray:
    """A Matlab cell array, one column."""
    column = np.empty((len(entries), 1), object)
    for row, entry in enumerate(entries):
        column[row, 0] = entry
    return column


def by_event(value) -> np.ndarray:
    """The nested cell array of `value(name)`, event by event."""
    events = dict.fromkeys(name.split("/")[0] for name in IMAGES)
    return cells([cells([value(name) for name in IMAGES if name.split("/")[0] == event]) for event in events])


def write_ground_truth(folder: Path) -> None:
    """The four .mat files."""
    folder.mkdir(parents=True, exist_ok=True)
    common = {
        "event_list": cells(list(dict.fromkeys(name.split("/")[0] for name in IMAGES))),
        "file_list": by_event(lambda name: name.split("/")[1]),
        "face_bbx_list": by_event(lambda name: np.array(IMAGES[name][0], np.int32)),
        "invalid_label_list": by_event(lambda name: np.array(IMAGES[name][1], np.uint8)[:, None]),
    }
    scipy.io.savemat(folder / "wider_face_val.mat", common)
    for index, subset in enumerate(("easy", "medium", "hard")):
        kept = by_event(lambda name, index=index: np.array(IMAGES[name][2][index], np.uint16)[:, None])
        scipy.io.savemat(folder / f"wider_{subset}_val.mat", common | {"gt_list": kept})


def write_validation_set(root: Path) -> None:
    """Ground truth and one grey image for each name."""
    write_ground_truth(root / "ground_truth")
    for name in IMAGES:
        path = root / "WIDER_val" / "images" / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full(IMAGE_SHAPE, 128, np.uint8))


def perfect_detections() -> dict[str, list]:
    """Every face exactly, best first."""
    return {f"{name}.jpg": [[*box, 0.9] for box in boxes] for name, (boxes, _, _) in IMAGES.items()}
