"""Pictures with label.txt as a folder that the commands take."""

import os
from pathlib import Path

import cv2
import numpy as np

from ffkeras.data.synthetic import SyntheticFaces
from ffkeras.files import atomic_path, write_text


def write_label_folder(faces: SyntheticFaces, folder: str | os.PathLike) -> Path:
    """Write images (JPEG, in `folder`/images) and `folder`/label.txt, which `read_label_file` reads.

    Returns:
        the path of label.txt.

    Raises:
        UserError: the folder cannot be written.
    """
    folder, lines = Path(folder), []
    for image, labels in faces:
        name = labels.path.with_suffix(".jpg").name
        with atomic_path(folder / "images" / name) as temporary:
            temporary.write_bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
        lines.append(f"# {name}")
        for box, points in zip(labels.boxes, labels.landmarks, strict=True):
            numbers = [*box[:2], *(box[2:] - box[:2])]
            numbers += [value for x, y in points for value in (x, y, 0.0)]
            lines.append(" ".join(f"{value:.4f}" for value in numbers))
    write_text(folder / "label.txt", "\n".join(lines) + "\n")
    return folder / "label.txt"


def write_noise_folder(folder: Path, count: int, size: tuple[int, int], labels: list[str]) -> None:
    """Write pictures of noise (JPEG, in `folder`), each with the same lines of labels.

    Args:
        folder: it exists.
        count: how many.
        size: (height, width).
        labels: lines of label.txt for each picture, such as "20 20 40 40".
    """
    lines = []
    for index in range(count):
        noise = np.random.default_rng(index).integers(0, 255, (*size, 3), np.uint8)
        cv2.imwrite(str(folder / f"{index}.jpg"), noise)
        lines += [f"# {index}.jpg", *labels]
    write_text(folder / "label.txt", "\n".join(lines) + "\n")
