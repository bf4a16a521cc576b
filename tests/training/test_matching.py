import numpy as np
import pytest

from ffkeras.geometry import AnchorConfig, decode_boxes, decode_landmarks, iou_matrix, make_anchors
from ffkeras.training.matching import BACKGROUND, FACE, IGNORED, make_matcher

SIZE = (96, 128)
ANCHORS = make_anchors(AnchorConfig(((16, 32), (64, 128), (256, 512))), SIZE)
CORNERS = np.concatenate([ANCHORS[:, :2] - ANCHORS[:, 2:] / 2, ANCHORS[:, :2] + ANCHORS[:, 2:] / 2], axis=1)


def match(boxes, ignore=None, landmarks=None):
    boxes = np.array(boxes, np.float32).reshape(-1, 4) / (SIZE[1], SIZE[0], SIZE[1], SIZE[0])
    count = len(boxes)
    has_landmarks = np.full(count, landmarks is not None)
    landmarks = np.zeros((count, 5, 2)) if landmarks is None else np.array(landmarks)
    ignore = np.zeros(count, bool) if ignore is None else np.array(ignore)
    arguments = (boxes.astype(np.float32), landmarks.astype(np.float32), has_landmarks, ignore)
    targets = make_matcher(ANCHORS)(*arguments)
    return boxes, {name: value.numpy() for name, value in targets.items()}


def test_an_image_without_faces_is_all_background():
    _, targets = match([])
    assert (targets["label"] == BACKGROUND).all()
    assert not targets["has_landmarks"].any()


def test_positives_are_the_anchors_above_the_threshold_and_each_face_s_best():
    boxes, targets = match([[10, 10, 40, 44], [60, 50, 67, 58]])  # the second is too small for any anchor at 0.35
    iou = iou_matrix(boxes, CORNERS)
    expected = (iou.max(axis=0) >= 0.35) | np.isin(np.arange(len(ANCHORS)), iou.argmax(axis=1))
    assert iou[1].max() < 0.35
    np.testing.assert_array_equal(targets["label"] == FACE, expected)


def test_targets_decode_to_the_face_of_their_anchor():
    points = np.random.default_rng(0).random((2, 5, 2))
    boxes, targets = match([[10, 10, 40, 44], [50, 20, 110, 90]], landmarks=points)
    positive = targets["label"] == FACE
    owner = iou_matrix(boxes, CORNERS).argmax(axis=0)[positive]
    np.testing.assert_allclose(decode_boxes(targets["box"], ANCHORS)[positive], boxes[owner], atol=1e-5)
    decoded = decode_landmarks(targets["landmarks"], ANCHORS)[positive]
    np.testing.assert_allclose(decoded, points[owner], atol=1e-5)
    np.testing.assert_array_equal(targets["has_landmarks"], positive)


def test_two_faces_never_lose_their_best_anchor_to_a_better_overlap():
    _, targets = match([[20, 20, 30, 30], [19, 19, 36, 36]])
    assert (targets["label"] == FACE).sum() >= 2


def test_an_ignored_face_is_neither_positive_nor_background():
    boxes, targets = match([[10, 10, 42, 42]], ignore=[True])
    near = iou_matrix(boxes, CORNERS)[0] >= 0.35
    assert (targets["label"][near] == IGNORED).all()
    assert not (targets["label"] == FACE).any()


def test_a_face_inside_an_ignored_crowd_stays_positive():
    _, alone = match([[20, 20, 52, 52]])
    _, crowd = match([[20, 20, 52, 52], [0, 0, 128, 96]], ignore=[False, True])
    assert (crowd["label"][alone["label"] == FACE] == FACE).all()
    assert (crowd["label"] == IGNORED).sum() > 10


@pytest.mark.parametrize("side", [1.0, 0.0])
def test_tiny_and_empty_faces_give_finite_targets(side):
    _, targets = match([[30, 30, 30 + side, 30 + side]], ignore=[side == 0])
    assert np.isfinite(targets["box"]).all()
