from pathlib import Path

import cv2
import numpy as np
import pytest

from ffkeras.data.dataset import read_dataset, split_held_out
from ffkeras.data.labels import LabelledImage
from ffkeras.errors import UserError


def write_data(parent):
    image = np.zeros((20, 20, 3), np.uint8)
    for folder in ("plain", "wider/WIDER_train/images/0--Parade", "wider/wider_face_split", "other"):
        (parent / folder).mkdir(parents=True)
    cv2.imwrite(str(parent / "plain" / "p.jpg"), image)
    (parent / "plain" / "label.txt").write_text("# p.jpg\n1 2 3 4\n")
    cv2.imwrite(str(parent / "wider" / "WIDER_train" / "images" / "0--Parade" / "w.jpg"), image)
    official = parent / "wider" / "wider_face_split" / "wider_face_train_bbx_gt.txt"
    official.write_text("0--Parade/w.jpg\n1\n1 2 3 4 0 0 0 0 0 0\n")
    return parent


def labelled(path):
    return LabelledImage(Path(path), np.zeros((0, 4)), np.zeros((0, 5, 2)), np.zeros(0, bool), np.zeros(0, bool))


def test_recognises_each_kind_of_folder_and_a_folder_of_folders(tmp_path):
    data = write_data(tmp_path)
    assert [image.path.name for image in read_dataset([data / "plain"])] == ["p.jpg"]
    assert [image.path.name for image in read_dataset([data / "wider"])] == ["w.jpg"]
    assert [image.path.name for image in read_dataset([data])] == ["p.jpg", "w.jpg"]
    assert [image.path.name for image in read_dataset([data / "wider", data / "plain"])] == ["w.jpg", "p.jpg"]


def test_folder_without_data_and_missing_folder_are_refused(tmp_path):
    data = write_data(tmp_path)
    with pytest.raises(UserError, match="other holds no face data"):
        read_dataset([data / "other"])
    with pytest.raises(UserError, match="nowhere is not a folder"):
        read_dataset([data / "nowhere"])


def test_some_of_every_set_are_held_out_and_do_not_depend_on_the_others():
    wider = [labelled(f"x/WIDER_train/images/{n % 7}--Event/{n}.jpg") for n in range(1600)]
    plain = [labelled(f"fddb/images/{n}.jpg") for n in range(320)]
    training, held_out = split_held_out(wider + plain)
    assert len(training) + len(held_out) == 1920
    from_wider = {image.path.name for image in held_out if "WIDER_train" in image.path.parts}
    assert 70 <= len(from_wider) <= 130
    assert 5 <= len(held_out) - len(from_wider) <= 40
    _, held_out_of_half = split_held_out([labelled(f"elsewhere/{image.path}") for image in wider[:800]])
    expected = from_wider & {image.path.name for image in wider[:800]}
    assert {image.path.name for image in held_out_of_half} == expected


def test_an_image_knows_its_set(tmp_path):
    data = write_data(tmp_path)
    assert [image.source for image in read_dataset([data / "wider", data / "plain" / "."])] == ["wider", "plain"]


def test_training_images_are_left_even_of_one():
    for n in range(40):
        training, held_out = split_held_out([labelled(f"fddb/images/{n}.jpg")])
        assert (len(training), len(held_out)) == (1, 0)
