import dataclasses
import shutil

import cv2
import numpy as np

from ffkeras.data import read_dataset
from ffkeras.data.digest import dataset_digest


def make_set(folder, names=("a.jpg", "b.jpg")):
    folder.mkdir()
    for name in names:
        cv2.imwrite(str(folder / name), np.zeros((40, 40, 3), np.uint8))
    (folder / "label.txt").write_text("".join(f"# {name}\n1 2 30 30\n" for name in names))
    return folder


def test_a_digest_is_of_names_labels_and_sizes_not_of_the_place(tmp_path):
    here = dataset_digest(read_dataset([make_set(tmp_path / "set")]))
    (tmp_path / "other").mkdir()
    shutil.copytree(tmp_path / "set", tmp_path / "other" / "set")
    assert dataset_digest(read_dataset([tmp_path / "other" / "set"])) == here
    assert len(here) == 16


def test_every_change_shows(tmp_path):
    folder = make_set(tmp_path / "set")
    images = read_dataset([folder])
    changed = dataclasses.replace(images[0], boxes=images[0].boxes + 1)
    digests = [dataset_digest(those) for those in (images, images[::-1], images[:1], [changed, images[1]], [])]
    (folder / "a.jpg").write_bytes((folder / "a.jpg").read_bytes() + b"x")
    digests.append(dataset_digest(images))
    (folder / "a.jpg").unlink()
    digests.append(dataset_digest(images))
    assert len(set(digests)) == len(digests)
