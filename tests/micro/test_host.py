import json
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from golden_answers import answers, smallest_model
from pictures import copy_as_bmp, damaged_pictures, write_bmp, write_ppm

from ffkeras.images import read_image

GOLDEN = answers(smallest_model())
DAMAGED = damaged_pictures()


def call(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=60)


def faces_of_file(program, path):
    result = call(program, path)
    assert (result.returncode, result.stderr) == (0, "")
    return json.loads(result.stdout)


@pytest.mark.parametrize("name", GOLDEN)
def test_the_golden_pictures_give_their_faces_and_raw_outputs(host_program, tmp_path, name):
    printed = faces_of_file(host_program, copy_as_bmp(tmp_path / "picture.bmp", GOLDEN[name].picture))
    image = read_image(GOLDEN[name].picture)
    assert (printed["height"], printed["width"]) == image.shape[:2]
    GOLDEN[name].assert_equal(printed)


def test_all_forms_of_a_picture_are_the_same_picture(host_program, tmp_path):
    image = read_image(GOLDEN["small_face"].picture)  # of odd width, so that rows of a BMP end in unused bytes
    files = [
        write_bmp(tmp_path / "up.bmp", image),
        write_bmp(tmp_path / "down.bmp", image, top_first=True),
        write_ppm(tmp_path / "picture.ppm", image),
        write_ppm(tmp_path / "tight.ppm", image, b"P6 %d %d 255 "),
    ]
    for path in files:
        GOLDEN["small_face"].assert_equal(faces_of_file(host_program, path))


@pytest.mark.parametrize("shape", [(1, 1), (1, 999), (999, 1), (2, 3), (321, 320), (16384, 1)])
def test_a_grey_picture_of_any_shape_has_no_faces(host_program, tmp_path, shape):
    image = np.full((*shape, 3), 128, np.uint8)
    printed = faces_of_file(host_program, write_bmp(tmp_path / "grey.bmp", image))
    assert (printed["height"], printed["width"], printed["faces"]) == (*shape, [])


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_picture_is_refused_in_one_sentence(host_program, tmp_path, name):
    data, words = DAMAGED[name]
    path = tmp_path / "damaged.bmp"
    path.write_bytes(data)
    result = call(host_program, path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"error: {path} ") and words in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_missing_file_and_a_folder_are_refused_in_one_sentence(host_program, tmp_path):
    for path, words in ((tmp_path / "missing.bmp", "No such file"), (tmp_path, "Is a directory")):
        result = call(host_program, path)
        assert result.returncode == 1
        assert result.stderr.startswith(f"error: cannot read {path}: {words}")


def test_a_full_disk_is_told(host_program, tmp_path):
    path = write_bmp(tmp_path / "grey.bmp", np.full((4, 4, 3), 128, np.uint8))
    with Path("/dev/full").open("w") as full:
        result = subprocess.run([host_program, str(path)], stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert "No space left" in result.stderr


def test_noise_behind_a_good_beginning_never_crashes(host_program, tmp_path):
    random = np.random.default_rng(0)
    whole = [
        cv2.imencode(".bmp", np.zeros((5, 6, 3), np.uint8))[1].tobytes(),
        b"P6 6 5 255\n" + bytes(90),
    ]
    path = tmp_path / "noise.bmp"
    for number in range(40):
        data = bytearray(whole[number % 2])
        for _ in range(4):
            data[random.integers(2, min(len(data), 56))] = random.integers(256)
        path.write_bytes(data[: random.integers(2, len(data) + 1)])
        result = call(host_program, path)
        assert result.returncode in (0, 1)
        assert "Sanitizer" not in result.stderr and "runtime error" not in result.stderr
