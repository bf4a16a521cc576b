import cv2
import numpy as np
import pytest

from ffkeras.conversion.calibration import CROP_EVERY, calibration_canvases, split_files, synthetic_images
from ffkeras.errors import UserError
from ffkeras.geometry import letterbox

MEAN = (104.0, 117.0, 123.0)
SIZE = (64, 96)


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (40 + 7 * i, 90, 3), dtype=np.uint8) for i in range(3)]


def test_images_are_fitted_as_in_detection(images):
    canvases = calibration_canvases(images, SIZE, MEAN, 3)
    for canvas, image in zip(canvases, images, strict=True):
        np.testing.assert_array_equal(canvas, letterbox(image, SIZE, MEAN)[0])


def test_crops_make_up_for_missing_images(images):
    canvases = calibration_canvases(images, SIZE, MEAN, 11)
    assert len(canvases) == 11
    assert len({canvas.tobytes() for canvas in canvases}) == 11
    assert all(canvas.shape == (*SIZE, 3) and canvas.dtype == np.uint8 for canvas in canvases)


def test_one_image_in_a_few_is_cropped(images):
    many = [image for image in images for _ in range(4)]
    whole = [letterbox(image, SIZE, MEAN)[0] for image in many]
    canvases = calibration_canvases(many, SIZE, MEAN, 12)
    cropped = [i for i, canvas in enumerate(canvases) if not np.array_equal(canvas, whole[i])]
    assert cropped == list(range(CROP_EVERY - 1, 12, CROP_EVERY))


def test_the_seed_decides(images):
    first, again, other = (calibration_canvases(images, SIZE, MEAN, 8, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_image_of_one_pixel_is_no_problem():
    assert len(calibration_canvases([np.zeros((1, 1, 3), np.uint8)], SIZE, MEAN, 8)) == 8


@pytest.fixture
def folder(tmp_path):
    for i in range(10):
        cv2.imwrite(str(tmp_path / f"{i}.png"), np.full((4, 4, 3), i, np.uint8))
    return tmp_path


def test_validation_takes_other_files_than_calibration(folder):
    calibration, validation = split_files([folder], 6, 3)
    assert (len(calibration), len(validation)) == (6, 3)
    assert not set(calibration) & set(validation)
    assert split_files([folder], 6, 3) == (calibration, validation)


def test_images_that_calibrate_never_validate_too(folder):
    calibration, validation = split_files([folder], 10, 3)
    assert (len(calibration), len(validation)) == (10, 0)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere"):
        split_files([tmp_path / "nowhere"], 1, 1)


def test_synthetic_images_differ_by_seed():
    first, second = synthetic_images(2, 0), synthetic_images(2, 1)
    assert len(first) == 2
    assert first[0].shape[2] == 3
    assert not np.array_equal(first[0], second[0])
