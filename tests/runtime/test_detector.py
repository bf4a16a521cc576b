import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.images import read_image
from ffkeras.runtime import FaceDetector

ROOT = Path(__file__).parents[2]
PHOTOS = ROOT / "tests" / "data" / "photos"
BLOCKED_IMPORTS = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        blocked = ("tensorflow", "tf_keras", "keras", "scipy", "matplotlib", "rich", "flatbuffers", "jax")
        if name.split(".")[0] in blocked:
            raise ImportError(name + " is not on this device")
sys.meta_path.insert(0, Refuse())
import cv2
from ffkeras.runtime import FaceDetector
print(len(FaceDetector(sys.argv[1]).detect(cv2.imread(sys.argv[2]))))
"""


@pytest.fixture(scope="module")
def detector(lamp_int8):
    return FaceDetector(lamp_int8)


def test_finds_the_face_where_it_is(detector, lamp_image, lamp_face):
    (face,) = detector.detect(lamp_image)
    box, landmarks = lamp_face
    np.testing.assert_allclose(face.box, box, atol=0.3)
    np.testing.assert_allclose(face.landmarks, landmarks, atol=0.3)
    assert face.score > 0.99


def test_the_float_file_finds_the_same_face(lamp_float, lamp_image, lamp_face):
    (face,) = FaceDetector(lamp_float).detect(lamp_image)
    np.testing.assert_allclose(face.box, lamp_face[0], atol=1e-3)
    np.testing.assert_allclose(face.landmarks, lamp_face[1], atol=1e-3)


@pytest.mark.parametrize("factor", [0.5, 2, 5])
def test_coordinates_are_those_of_the_source_image(detector, lamp_image, lamp_face, factor):
    large = cv2.resize(lamp_image, None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST)
    faces = detector.detect(large)
    np.testing.assert_allclose(faces[0].box, lamp_face[0] * factor, atol=0.3 * factor)


def test_an_image_narrower_than_the_input_is_padded(lamp_int8, lamp_image, lamp_face):
    above_grey = FaceDetector(lamp_int8, score_threshold=0.6)  # the padding is grey: 0.5 to this network
    (face,) = above_grey.detect(lamp_image[:, :80])
    np.testing.assert_allclose(face.box, lamp_face[0], atol=0.3)


def test_grey_alpha_and_16_bit_images_give_the_same_face(detector, lamp_image):
    expected = detector.detect(lamp_image)[0].box
    grey = lamp_image[..., 0]
    alpha = np.dstack([lamp_image, np.full_like(grey, 7)])
    for image in (grey, grey[..., None], alpha, lamp_image.astype(np.uint16) * 257, lamp_image / 255.0):
        np.testing.assert_allclose(detector.detect(image)[0].box, expected, atol=1e-4)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5000, 3), (5000, 1, 3), (3, 2, 3)])
def test_images_of_any_shape_are_taken(detector, shape):
    for face in detector.detect(np.full(shape, 255, np.uint8)):
        assert np.all(face.box >= 0)
        assert face.box[2] <= shape[1]
        assert face.box[3] <= shape[0]


@pytest.mark.parametrize("image", [None, "photo.jpg", np.zeros((0, 5, 3), np.uint8), np.zeros((0, 0)), np.zeros(9)])
def test_what_is_no_image_is_one_sentence(detector, image):
    with pytest.raises(UserError, match=r"image"):
        detector.detect(image)


def test_the_image_is_left_as_it_was(detector, lamp_image):
    before = lamp_image.copy()
    detector.detect(lamp_image)
    assert np.array_equal(before, lamp_image)


def test_results_do_not_change_with_the_next_image(detector, lamp_image):
    (face,) = detector.detect(lamp_image)
    before = face.box.copy(), face.landmarks.copy()
    detector.detect(np.flip(lamp_image, axis=1))
    assert np.array_equal(face.box, before[0])
    assert np.array_equal(face.landmarks, before[1])


def test_thresholds_come_from_the_file_unless_given(lamp_int8):
    own = FaceDetector(lamp_int8)
    assert (own.score_threshold, own.iou_threshold) == (0.5, 0.4)
    given = FaceDetector(lamp_int8, score_threshold=0.02, iou_threshold=0.3, num_threads=2)
    assert (given.score_threshold, given.iou_threshold) == (0.02, 0.3)
    assert given.image_size == given.metadata.image_size == (96, 128)


@pytest.mark.parametrize("option", [{"score_threshold": -0.1}, {"score_threshold": 2}, {"iou_threshold": float("nan")}])
def test_a_threshold_out_of_range_is_refused(lamp_int8, option):
    with pytest.raises(UserError, match="is not in 0..1"):
        FaceDetector(lamp_int8, **option)


def test_photographs_are_taken(detector):
    for path in sorted(PHOTOS.glob("*.jpg")):
        detector.detect(read_image(path))


def test_runs_with_numpy_opencv_and_an_interpreter_alone(lamp_int8, lamp_image, tmp_path):
    cv2.imwrite(str(tmp_path / "lamp.png"), lamp_image)
    command = [sys.executable, "-c", BLOCKED_IMPORTS, str(lamp_int8), str(tmp_path / "lamp.png")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "1"
