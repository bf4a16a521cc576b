import cv2
import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.evaluation import choose_sample, find_images, input_scales

NAMES = [f"e/{index}.jpg" for index in range(10)]


def test_only_images_that_exist_are_found(tmp_path):
    path = tmp_path / "WIDER_val" / "images" / NAMES[3]
    path.parent.mkdir(parents=True)
    path.touch()
    assert find_images(tmp_path, NAMES) == {NAMES[3]: path}


def test_whole_set_is_taken_in_its_order():
    assert choose_sample(NAMES, set(NAMES), "data") == NAMES


def test_missing_images_are_counted_and_the_first_is_named():
    with pytest.raises(UserError, match=r"data lacks 2 of the 10 .* the first is e/4\.jpg"):
        choose_sample(NAMES, set(NAMES) - {NAMES[4], NAMES[7]}, "data")


def test_allow_missing_takes_what_is_there():
    assert choose_sample(NAMES, NAMES[2:4], "data", allow_missing=True) == NAMES[2:4]


def test_limit_spreads_over_the_set():
    assert choose_sample(NAMES, NAMES, "data", limit=4) == [NAMES[0], NAMES[3], NAMES[6], NAMES[9]]
    assert choose_sample(NAMES, NAMES[:3], "data", limit=50) == NAMES[:3]


def test_no_image_at_all_is_an_error_even_for_a_sample():
    with pytest.raises(UserError, match=r"none of the 10 validation images, such as e/0\.jpg"):
        choose_sample(NAMES, [], "data", allow_missing=True, limit=5)


def test_scale_is_that_of_the_letterbox(tmp_path):
    path = tmp_path / "wide.png"
    cv2.imwrite(str(path), np.zeros((100, 400, 3), np.uint8))
    assert input_scales({"wide": path}, (320, 320)) == {"wide": 0.8}
    assert input_scales({"wide": path}, (64, 640)) == {"wide": 0.64}


def test_file_that_is_no_image_is_named(tmp_path):
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"not an image")
    with pytest.raises(UserError, match=r"broken\.jpg is not a readable image"):
        input_scales({"broken": path}, (320, 320))
