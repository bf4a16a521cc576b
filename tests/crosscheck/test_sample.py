import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "evaluation"))

from widerface_fixture import perfect_detections, write_validation_set

from ffkeras.crosscheck.sample import read_photographs, read_sample
from ffkeras.errors import UserError
from ffkeras.runtime import Face


@pytest.fixture
def root(tmp_path):
    write_validation_set(tmp_path)
    return tmp_path


def test_perfect_faces_have_full_precision_on_every_subset(root):
    sample, images = read_sample(root, 3)
    assert list(images) == list(sample.names)
    faces = {
        name: [Face(np.array([x, y, x + w, y + h], np.float32), s, np.zeros((5, 2))) for x, y, w, h, s in rows]
        for name, rows in perfect_detections().items()
    }
    assert sample.average_precision(faces) == {"easy": 1.0, "medium": 1.0, "hard": 1.0}


def test_sample_takes_as_many_images_as_asked(root):
    assert len(read_sample(root, 2)[0].names) == 2


def test_missing_data_are_named(tmp_path):
    with pytest.raises(UserError, match=r"wider_face_val\.mat is missing"):
        read_sample(tmp_path, 2)
    with pytest.raises(UserError, match="does not exist"):
        read_photographs([tmp_path / "none"])
