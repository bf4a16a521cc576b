import cv2
import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.runtime import Face
from ffkeras.runtime.align import ARCFACE_TEMPLATE


def turned(points, degrees, scale, shift):
    angle = np.radians(degrees)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (points @ turn.T + shift).astype(np.float32)


def dots(landmarks, size=400):
    """A black picture with a white dot at each landmark."""
    image = np.zeros((size, size, 3), np.uint8)
    for point in landmarks:
        cv2.circle(image, [int(v) for v in np.round(point)], 4, (255, 255, 255), cv2.FILLED)
    return image


@pytest.mark.parametrize("size", [112, 224])
def test_landmarks_come_to_the_template(size):
    landmarks = turned(ARCFACE_TEMPLATE, 35, 2.0, (150, 40))
    crop = Face(np.zeros(4, np.float32), 1.0, landmarks).aligned(dots(landmarks), size)
    assert crop.shape == (size, size, 3)
    for x, y in np.round(ARCFACE_TEMPLATE * size / 112).astype(int):
        assert crop[y, x].min() > 200
    assert (crop > 128).mean() < 0.05


def test_other_arrays_are_taken_as_by_the_detector():
    landmarks = turned(ARCFACE_TEMPLATE, -20, 1.0, (60, 100))
    face, image = Face(np.zeros(4, np.float32), 1.0, landmarks), dots(landmarks)
    np.testing.assert_array_equal(face.aligned(image / 255), face.aligned(image))
    with pytest.raises(UserError, match="channels first"):
        face.aligned(image.transpose(2, 0, 1))


@pytest.mark.parametrize(
    ("landmarks", "size", "sentence"),
    [(np.ones((5, 2)), 112, "cannot be aligned"), (ARCFACE_TEMPLATE, 0, "cannot be 0 pixels large")],
)
def test_what_cannot_be_aligned_is_one_sentence(landmarks, size, sentence):
    with pytest.raises(UserError, match=sentence):
        Face(np.zeros(4, np.float32), 1.0, landmarks).aligned(np.zeros((50, 50, 3), np.uint8), size)
