"""A copy of the repository in which a page's commands run, with small stand-ins for what a reader has."""

import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np

from ffkeras.data.synthetic import SyntheticFaces
from ffkeras.images import read_image
from tests.data.label_folder import write_label_folder
from tests.evaluation.widerface_fixture import write_validation_set
from tests.pages.markdown import ROOT

SIDE = 96  # of synthetic pictures, in pixels
PARTS = (("train", 10), ("val", 6), ("test", 6))
SETS = ("fddb", "mafa")  # of data/, 24 pictures each
FILM_FRAMES = 6


def make_workspace(folder: Path) -> Path:
    """Copy what git has, and put pictures, films, labels and a converted file beside it.

    Args:
        folder: must not exist.

    Returns:
        the folder.
    """
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    photographs = sorted((ROOT / "tests" / "data" / "photos").glob("*.jpg"))
    shutil.copy(ROOT / "tests" / "data" / "photos" / "astronaut.jpg", folder / "photo.jpg")
    for name in ("folder", "images"):
        (folder / name).mkdir()
        for path in photographs:
            shutil.copy(path, folder / name)
    write_film(folder / "clip.mp4", read_image(folder / "photo.jpg"))
    write_yolo_parts(folder / "faces")
    for name in SETS:
        write_label_folder(SyntheticFaces(24, seed=len(name), image_size=(SIDE, SIDE)), folder / "data" / name)
    write_widerface(folder / "widerface")
    for name in ("file.tflite", "file_int8.tflite"):
        shutil.copy(ROOT / "tflite" / "models" / "nano_b_micro_160_int8.tflite", folder / name)
    shutil.copytree(ROOT / "tflite" / "models" / "nano_b", folder / "runs" / "a")
    return folder


def write_film(path: Path, image: np.ndarray) -> None:
    """A film of one picture [H, W, 3]."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 5, image.shape[1::-1])
    for _ in range(FILM_FRAMES):
        writer.write(image)
    writer.release()


def write_yolo_parts(folder: Path) -> None:
    """Synthetic faces as YOLO text with parts for training, validation and test."""
    for seed, (part, count) in enumerate(PARTS):
        for image, labels in SyntheticFaces(count, seed=seed, image_size=(SIDE, SIDE)):
            picture = folder / "images" / part / labels.path.with_suffix(".jpg").name
            picture.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(picture), image)
            text = folder / "labels" / part / picture.with_suffix(".txt").name
            text.parent.mkdir(parents=True, exist_ok=True)
            middles, sizes = (labels.boxes[:, :2] + labels.boxes[:, 2:]) / 2, labels.boxes[:, 2:] - labels.boxes[:, :2]
            rows = np.concatenate([middles, sizes], axis=1) / SIDE
            text.write_text("".join(f"0 {' '.join(f'{value:.6f}' for value in row)}\n" for row in rows))
    (folder / "data.yaml").write_text("train: images/train\nval: images/val\ntest: images/test\nnames: [face]\n")


def write_widerface(folder: Path) -> None:
    """WIDER FACE's official layout, with synthetic pictures for training."""
    write_validation_set(folder)
    lines = []
    for image, labels in SyntheticFaces(64, seed=9, image_size=(SIDE, SIDE)):
        name = f"0--Parade/{labels.path.with_suffix('.jpg').name}"
        path = folder / "WIDER_train" / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), image)
        boxes = np.concatenate([labels.boxes[:, :2], labels.boxes[:, 2:] - labels.boxes[:, :2]], axis=1).round()
        lines += [name, str(len(boxes))]
        lines += [f"{' '.join(str(int(value)) for value in box)} 0 0 0 0 0 0" for box in boxes]
        lines += [] if len(boxes) else ["0 0 0 0 0 0 0 0 0 0"]
    path = folder / "wider_face_split" / "wider_face_train_bbx_gt.txt"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines) + "\n")
