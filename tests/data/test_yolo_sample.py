import cv2
import numpy as np
import pytest

from ffkeras.data import read_dataset
from ffkeras.data.synthetic import SyntheticFaces
from ffkeras.data.yolo_sample import write_yolo_sample
from ffkeras.errors import UserError
from tests.data.label_folder import write_label_folder


@pytest.fixture(scope="module")
def faces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    write_label_folder(SyntheticFaces(12, 0, (64, 96)), folder)
    return folder


def by_name(folder):
    return {image.path.name: image for image in read_dataset([folder])}


def test_a_sample_has_the_labels_of_its_pictures_and_no_picture_twice(faces, tmp_path):
    write_yolo_sample(faces, tmp_path / "out", 4, 2, 3)
    whole, sample = by_name(faces), by_name(tmp_path / "out")
    parts = [image.split for image in sample.values()]
    assert {part: parts.count(part) for part in ("train", "val", "test")} == {"train": 4, "val": 2, "test": 3}
    for name, image in sample.items():
        np.testing.assert_allclose(image.boxes, whole[name].boxes, atol=0.01)
        np.testing.assert_array_equal(cv2.imread(str(image.path)), cv2.imread(str(whole[name].path)))


def test_pictures_on_their_side_have_their_labels_turned_too(faces, tmp_path):
    write_yolo_sample(faces, tmp_path / "out", 3, 1, 0, on_its_side=True)
    whole, sample = by_name(faces), by_name(tmp_path / "out")
    for name, image in sample.items():
        turned = cv2.imread(str(image.path))
        height, width = cv2.imread(str(whole[name].path)).shape[:2]
        assert turned.shape[:2] == (width, height)
        x1, y1, x2, y2 = whole[name].boxes.T
        np.testing.assert_allclose(image.boxes, np.stack([y1, width - x2, y2, width - x1], axis=1), atol=0.01)


def test_more_pictures_than_there_are_cannot_be_had(faces, tmp_path):
    with pytest.raises(UserError, match="has 1[0-2] pictures with faces; ask for fewer"):
        write_yolo_sample(faces, tmp_path / "out", 10, 5, 0)
