import cv2
import numpy as np
import pytest

from ffkeras.data.labels import LabelEntry
from ffkeras.data.widerface import join_landmarks, parse_official_file, read_widerface
from ffkeras.errors import UserError

OFFICIAL = """\
0--Parade/a.jpg
3
10 10 20 20 0 0 0 0 0 0
50 10 20 20 2 0 0 1 0 0
80 10 0 5 0 0 0 0 0 0
0--Parade/none.jpg
0
0 0 0 0 0 0 0 0 0 0
1--Handshaking/absent.jpg
1
1 2 3 4 0 0 0 0 0 0
"""
LABELS = """\
# 0--Parade/a.jpg
11 10 20 20 15 15 0 25 15 0 20 20 0 16 25 0 24 25 0 0.3
"""


def write_widerface(root, official=OFFICIAL, images=("0--Parade/a.jpg", "0--Parade/none.jpg"), labels=LABELS):
    (root / "wider_face_split").mkdir(parents=True)
    (root / "wider_face_split" / "wider_face_train_bbx_gt.txt").write_text(official)
    for name in images:
        path = root / "WIDER_train" / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((60, 100, 3), 90, np.uint8))
    if labels:
        (root / "retinaface_gt" / "train").mkdir(parents=True)
        (root / "retinaface_gt" / "train" / "label.txt").write_text(labels)
    return root


def entry_of(boxes):
    count = len(boxes)
    landmarks = np.arange(count * 10, dtype=np.float32).reshape(count, 5, 2) + 1
    return LabelEntry("a.jpg", 1, np.array(boxes, np.float32), landmarks, np.ones(count, bool))


def test_official_boxes_get_flags_and_joined_landmarks(tmp_path):
    first, second = read_widerface(write_widerface(tmp_path))
    np.testing.assert_array_equal(first.boxes, [[10, 10, 30, 30], [50, 10, 70, 30], [80, 10, 80, 15]])
    assert first.ignore.tolist() == [False, True, True]
    assert first.has_landmarks.tolist() == [True, False, False]
    np.testing.assert_array_equal(first.landmarks[0], [[15, 15], [25, 15], [20, 20], [16, 25], [24, 25]])
    assert not first.landmarks[1:].any()
    assert second.boxes.shape == (0, 4)


def test_absent_images_are_left_out_and_counted_in_the_log(tmp_path, caplog):
    with caplog.at_level("INFO"):
        images = read_widerface(write_widerface(tmp_path))
    assert [image.path.name for image in images] == ["a.jpg", "none.jpg"]
    assert "2 of 3 images are present" in caplog.text


def test_no_image_at_all_is_refused(tmp_path):
    with pytest.raises(UserError, match="none of the 3 images"):
        read_widerface(write_widerface(tmp_path, images=()))


def test_without_landmark_file_there_are_boxes_only(tmp_path):
    images = read_widerface(write_widerface(tmp_path, labels=None))
    assert not any(image.has_landmarks.any() for image in images)


def test_landmarks_go_to_the_best_overlapping_box_only():
    boxes = np.array([[0, 0, 10, 10], [2, 0, 12, 10], [100, 0, 110, 10]], np.float32)
    entry = entry_of([[2, 1, 12, 11], [106, 0, 116, 10]])
    landmarks, has_landmarks = join_landmarks(boxes, entry)
    assert has_landmarks.tolist() == [False, True, False]  # the second overlaps by a quarter: another face
    np.testing.assert_array_equal(landmarks[1], entry.landmarks[0])


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_of_two_marked_faces_at_one_box_the_better_overlap_wins(order):
    entry = entry_of(np.array([[0, 0, 10, 10], [2, 0, 12, 10]])[order])
    landmarks, _ = join_landmarks(np.array([[0, 0, 10, 10]], np.float32), entry)
    np.testing.assert_array_equal(landmarks[0], entry.landmarks[order.index(0)])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a.jpg\n1\n1 2 3 4 0 0 0 0 0\n", 3),
        ("a.jpg\n2\n1 2 3 4 0 0 0 0 0 0\n", 2),
        ("a.jpg\n99999999999999\n1 2 3 4 0 0 0 0 0 0\n", 2),
        ("a.jpg\n" + "9" * 5000 + "\n", 2),
        ("a.jpg\nmany\n", 2),
        ("a.jpg\n", 2),
        ("a.jpg\n1\n1 2 3 4 0 0 0 0 0 0\nb.jpg\n-1\n", 5),
        ("a.jpg\n1\n1 2 3 4 0 0 x 0 0 0\n", 3),
    ],
)
def test_malformed_official_file_is_named_with_line(tmp_path, text, line):
    path = tmp_path / "wider_face_train_bbx_gt.txt"
    path.write_text(text)
    with pytest.raises(UserError, match=f"bbx_gt.txt, line {line}:"):
        parse_official_file(path)


def test_image_of_no_faces_may_lack_its_line_of_zeros(tmp_path):
    path = tmp_path / "boxes.txt"
    path.write_text("a.jpg\n0\nb.jpg\n1\n1 2 3 4 0 0 0 0 0 0\n")
    assert [len(entry.boxes) for entry in parse_official_file(path)] == [0, 1]
