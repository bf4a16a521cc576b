"""Synthetic faces as a folder that the commands take."""

import os
from pathlib import Path

import cv2

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
