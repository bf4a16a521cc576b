import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffkeras.data.labels import parse_label_file, read_label_file
from ffkeras.errors import UserError

LANDMARKS = "12 13 0.0 22 13 0.0 17 18 1.0 13 24 0.0 21 24 0.0"
UNMARKED = "-1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1"


def write_set(folder, text, images=("a.jpg",)):
    for name in images:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), np.zeros((40, 40, 3), np.uint8))
    (folder / "label.txt").write_text(text)
    return folder / "label.txt"


def test_reads_boxes_as_corners_and_landmarks_with_and_without_blur_score(tmp_path):
    text = f"# a.jpg\n10 11 20 21\n10 11 20 21 {LANDMARKS}\n10 11 20 21 {LANDMARKS} 0.5\n10 11 20 21 {UNMARKED} 0.5\n"
    (image,) = read_label_file(write_set(tmp_path, text))
    assert image.path == tmp_path / "a.jpg"
    np.testing.assert_array_equal(image.boxes, [[10, 11, 30, 32]] * 4)
    assert image.has_landmarks.tolist() == [False, True, True, False]
    points = [[12, 13], [22, 13], [17, 18], [13, 24], [21, 24]]
    np.testing.assert_array_equal(image.landmarks, [np.zeros((5, 2)), points, points, np.zeros((5, 2))])
    assert not image.ignore.any()
    assert (image.boxes.dtype, image.landmarks.dtype) == (np.float32, np.float32)


def test_one_unmarked_point_leaves_a_face_without_landmarks(tmp_path):
    text = "# a.jpg\n10 11 20 21 12 13 0 22 13 0 17 18 0 13 24 0 -1 -1 -1\n"
    (image,) = read_label_file(write_set(tmp_path, text))
    assert not image.has_landmarks[0]
    assert not image.landmarks.any()


def test_image_without_faces_has_empty_arrays(tmp_path):
    first, second = read_label_file(write_set(tmp_path, "# a.jpg\n# b.jpg\n1 2 3 4\n", ("a.jpg", "b.jpg")))
    assert (first.boxes.shape, first.landmarks.shape) == ((0, 4), (0, 5, 2))
    assert (first.has_landmarks.shape, first.ignore.shape) == ((0,), (0,))
    assert len(second.boxes) == 1


def test_face_of_no_area_is_ignored(tmp_path):
    (image,) = read_label_file(write_set(tmp_path, "# a.jpg\n1 2 0 4\n1 2 3 4\n1 2 3 -4\n"))
    assert image.ignore.tolist() == [True, False, True]


def test_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    (image,) = read_label_file(write_set(tmp_path, "\ufeff# a.jpg\r\n1 2 3 4\r\n"))
    assert len(image.boxes) == 1


def test_finds_images_in_retinaface_layout(tmp_path):
    label_file = write_set(tmp_path, "# event/a.jpg\n1 2 3 4\n", ("images/event/a.jpg",))
    assert read_label_file(label_file)[0].path == tmp_path / "images" / "event" / "a.jpg"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# a.jpg\n1 2 3 4\n1 2 three 4\n", 3),
        ("# a.jpg\n1 2 3\n", 2),
        ("# a.jpg\n1 2 3 4 5\n", 2),
        ("# a.jpg\n1 2 nan 4\n", 2),
        ("# a.jpg\n\n1 2 inf 4\n", 3),
        ("# a.jpg\n1 2 3 1e39\n", 2),  # finite, but not in float32
        ("# a.jpg\n1 2 3 4\n3e38 2 3e38 4\n", 3),  # and these are, but not their sum
        ("# a.jpg\n1 2 3 4 " + "5 6 0 " * 4 + "1e300 6 0\n", 2),
        ("# a.jpg\n1 2 3 4 " + "5 6 0 " * 5 + "-1e40\n", 2),
        ("# a.jpg\n1 2 3 1_0\n", 2),
        ("# a.jpg\n1 2 3 \u0664\n", 2),
        ("1 2 3 4\n# a.jpg\n", 1),
        ("# a.jpg\n#\n", 2),
        ("a.jpg\n1 2 3 4\n", 1),
    ],
)
def test_malformed_line_is_named_by_file_and_number(tmp_path, text, line):
    label_file = write_set(tmp_path, text)
    with pytest.raises(UserError, match=f"label.txt, line {line}:"):
        read_label_file(label_file)


@given(st.lists(st.floats(width=64, allow_nan=True), min_size=4, max_size=20).filter(lambda n: len(n) in (4, 19, 20)))
def test_whatever_is_accepted_is_finite_in_the_arrays(numbers):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "label.txt")
        path.write_text("# a.jpg\n" + " ".join(map(repr, numbers)) + "\n")
        try:
            (entry,) = parse_label_file(path)
        except UserError as error:
            assert f"{path}, line 2: " in str(error)
        else:
            assert np.isfinite(entry.boxes).all() and np.isfinite(entry.landmarks).all()
            assert entry.boxes.dtype == entry.landmarks.dtype == np.float32


def test_a_name_that_no_file_can_have_is_a_missing_image(tmp_path):
    label_file = write_set(tmp_path, "# a.jpg\n1 2 3 4\n# " + "x" * 300 + "\n1 2 3 4\n# a\0b\n")
    with pytest.raises(UserError, match=r"label.txt, line 3: .*does not exist"):
        read_label_file(label_file)


def test_missing_image_is_named_with_label_file_and_line(tmp_path):
    label_file = write_set(tmp_path, "# a.jpg\n1 2 3 4\n# gone.jpg\n1 2 3 4\n")
    with pytest.raises(UserError, match=r"label.txt, line 3: .*gone.jpg does not exist"):
        read_label_file(label_file)


def test_empty_binary_and_absent_files_are_refused(tmp_path):
    with pytest.raises(UserError, match="names no image"):
        parse_label_file(write_set(tmp_path, "\n"))
    (tmp_path / "label.txt").write_bytes(b"\xff\xd8\xff\xe0" * 20)
    with pytest.raises(UserError, match="not a text file"):
        parse_label_file(tmp_path / "label.txt")
    with pytest.raises(UserError, match="cannot read .*nowhere.txt"):
        parse_label_file(tmp_path / "nowhere.txt")
