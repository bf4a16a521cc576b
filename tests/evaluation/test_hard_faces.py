import numpy as np
import pytest

from ffkeras.data.labels import LabelledImage
from ffkeras.evaluation.hard_faces import COVER, VARIANTS
from ffkeras.evaluation.hard_measure import measure
from ffkeras.runtime import Face


@pytest.fixture
def picture(tmp_path):
    """A black picture in which the face is a white ellipse that touches its box."""
    import cv2

    image = np.zeros((120, 200, 3), np.uint8)
    cv2.ellipse(image, (60, 50), (20, 30), 0, 0, 360, (255, 255, 255), cv2.FILLED)
    boxes = np.array([[40, 20, 80, 80]], np.float32)
    path = tmp_path / "face.png"
    cv2.imwrite(str(path), image)
    return image, LabelledImage(path, boxes, np.zeros((1, 5, 2), np.float32), np.zeros(1, bool), np.zeros(1, bool))


@pytest.mark.parametrize("name", [name for name in VARIANTS if "covered" not in name and "infrared" not in name])
def test_a_box_stays_around_its_face(picture, name):
    hard = VARIANTS[name](*picture)
    rows, columns = np.nonzero(hard.image[..., 0] > 200)
    around = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(hard.boxes[0], around, atol=2)


def test_covers_lie_on_their_part_of_the_face(picture):
    grey = (VARIANTS["eyes covered"](*picture).image == COVER).all(axis=2)
    rows, columns = np.nonzero(grey)
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (32, 50, 40, 80)


class Bright:
    """Sees whatever is white as a face, unless it is told to look at other turns."""

    def detect(self, image, rotations=False):
        rows, columns = np.nonzero(image[..., 0] > 200)
        if rotations or not len(rows):
            return []
        box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float32)
        return [Face(box, 0.8, np.zeros((5, 2), np.float32))]


def test_figures_are_those_of_the_working_score(picture):
    _, image = picture
    found = measure(Bright(), [image], VARIANTS["on its side"], 0.5)
    assert (found.ap, found.precision, found.recall) == (1.0, 1.0, 1.0)
    assert measure(Bright(), [image], VARIANTS["on its side"], 0.9).recall == 0.0
    assert measure(Bright(), [image], VARIANTS["as it is"], 0.5, rotations=True).recall == 0.0
