import numpy as np
import pytest

from ffkeras.data.pipeline import NO_FACES
from ffkeras.geometry import AnchorConfig, decode_boxes, decode_landmarks, iou_matrix, make_anchors
from ffkeras.models.config import THREE_PER_CELL
from ffkeras.training.loss_config import ATSS, IOU
from ffkeras.training.matching import BACKGROUND, FACE, IGNORED, make_matcher

SIZE = (96, 128)
CONFIG = AnchorConfig(((16, 32), (64, 128), (256, 512)))
ANCHORS = make_anchors(CONFIG, SIZE)
CORNERS = np.concatenate([ANCHORS[:, :2] - ANCHORS[:, 2:] / 2, ANCHORS[:, :2] + ANCHORS[:, 2:] / 2], axis=1)


def match(boxes, ignore=None, landmarks=None, kind=IOU):
    boxes = np.array(boxes, np.float32).reshape(-1, 4) / (SIZE[1], SIZE[0], SIZE[1], SIZE[0])
    count = len(boxes)
    has_landmarks = np.full(count, landmarks is not None)
    landmarks = np.zeros((count, 5, 2)) if landmarks is None else np.array(landmarks)
    ignore = np.zeros(count, bool) if ignore is None else np.array(ignore)
    arguments = (boxes.astype(np.float32), landmarks.astype(np.float32), has_landmarks, ignore)
    targets = make_matcher(CONFIG, SIZE, kind)(*arguments)
    for name, value in make_matcher(CONFIG, SIZE, kind)(*NO_FACES).items():  # what a pipeline relies on
        assert (targets[name].shape, targets[name].dtype) == (value.shape, value.dtype), name
    return boxes, targets


@pytest.mark.parametrize("kind", [IOU, ATSS])
def test_an_image_without_faces_is_all_background(kind):
    _, targets = match([], kind=kind)
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


@pytest.mark.parametrize("kind", [IOU, ATSS])
def test_two_faces_never_lose_their_best_anchor_to_a_better_overlap(kind):
    _, targets = match([[20, 20, 30, 30], [19, 19, 36, 36]], kind=kind)
    assert (targets["label"] == FACE).sum() >= 2


@pytest.mark.parametrize("kind", [IOU, ATSS])
def test_an_ignored_face_is_neither_positive_nor_background(kind):
    boxes, targets = match([[10, 10, 42, 42]], ignore=[True], kind=kind)
    near = iou_matrix(boxes, CORNERS)[0] >= 0.35
    assert (targets["label"][near] == IGNORED).all()
    assert not (targets["label"] == FACE).any()


@pytest.mark.parametrize("kind", [IOU, ATSS])
def test_a_face_inside_an_ignored_crowd_stays_positive(kind):
    _, alone = match([[20, 20, 52, 52]], kind=kind)
    _, crowd = match([[20, 20, 52, 52], [0, 0, 128, 96]], ignore=[False, True], kind=kind)
    assert (crowd["label"][alone["label"] == FACE] == FACE).all()
    assert (crowd["label"] == IGNORED).sum() > 10


@pytest.mark.parametrize("kind", [IOU, ATSS])
@pytest.mark.parametrize("side", [1.0, 0.0])
def test_tiny_and_empty_faces_give_finite_targets(side, kind):
    _, targets = match([[30, 30, 30 + side, 30 + side]], ignore=[side == 0], kind=kind)
    assert np.isfinite(targets["box"]).all()


def atss(box, config, size):
    """Zhang et al. 2020, algorithm 1, word by word for one face, with nine cells of each level."""
    anchors = make_anchors(config, size)
    corners = np.concatenate([anchors[:, :2] - anchors[:, 2:] / 2, anchors[:, :2] + anchors[:, 2:] / 2], axis=1)
    iou = iou_matrix(box[None], corners)[0]
    pixels = np.array(size[::-1])
    distance = np.linalg.norm((anchors[:, :2] - (box[:2] + box[2:]) / 2) * pixels, axis=1)
    candidates, start = [], 0
    for stride in config.strides:
        count = (size[0] // stride) * (size[1] // stride) * config.per_cell
        level = np.arange(start, start + count)
        candidates.append(level[np.argsort(distance[level], kind="stable")[: 9 * config.per_cell]])
        start += count
    candidates = np.concatenate(candidates)
    threshold = iou[candidates].mean() + iou[candidates].std()
    inside = ((anchors[:, :2] > box[:2]) & (anchors[:, :2] < box[2:])).all(axis=1)
    chosen = {int(i) for i in candidates if iou[i] >= threshold and inside[i]}
    return chosen | {int(iou.argmax())}


@pytest.mark.parametrize("config", [CONFIG, THREE_PER_CELL])
def test_atss_takes_the_anchors_of_its_algorithm(config):
    rng, size = np.random.default_rng(0), (192, 256)
    for side in (5, 9, 14, 22, 40, 75, 130):
        centre = rng.uniform(70, 120, 2)
        box = (np.concatenate([centre - side / 2, centre + side / 2]) / np.tile(size[::-1], 2)).astype(np.float32)
        targets = make_matcher(config, size, ATSS)(
            box[None], np.zeros((1, 5, 2), np.float32), np.array([False]), np.array([False])
        )
        positive = set(np.flatnonzero(targets["label"] == FACE).tolist())
        assert positive == atss(box, config, size), side


def test_atss_gives_small_faces_a_voice():
    """Positives by the height of a face, in the mean of 40 places."""
    rng, size = np.random.default_rng(1), (320, 320)
    matchers = {kind: make_matcher(THREE_PER_CELL, size, kind) for kind in (IOU, ATSS)}

    def positives(kind, height):
        counts = []
        for _ in range(40):
            centre, half = rng.uniform(0.35, 0.65, 2), np.array([0.8, 1.0]) * height / 640
            box = np.concatenate([centre - half, centre + half]).astype(np.float32)[None]
            label = matchers[kind](box, np.zeros((1, 5, 2), np.float32), np.array([False]), np.array([False]))["label"]
            counts.append((label == FACE).sum())
        return np.mean(counts)

    assert positives(IOU, 128) > 15 * positives(IOU, 12)
    assert positives(ATSS, 128) < 3 * positives(ATSS, 12)
    assert all(7 < positives(ATSS, height) < 20 for height in (16, 32, 64, 128, 200))


@pytest.mark.parametrize("kind", [IOU, ATSS])
def test_an_anchor_belongs_to_the_face_that_it_overlaps_most(kind):
    """Many faces, against tables of all faces and anchors."""
    rng, size = np.random.default_rng(4), (192, 256)
    match, anchors = make_matcher(THREE_PER_CELL, size, kind), make_anchors(THREE_PER_CELL, size)
    corners = np.concatenate([anchors[:, :2] - anchors[:, 2:] / 2, anchors[:, :2] + anchors[:, 2:] / 2], axis=1)
    for _ in range(5):
        starts, sides = rng.uniform(0, 0.8, (12, 2)), rng.uniform(0.02, 0.4, (12, 1)) * (0.75, 1)
        boxes = np.concatenate([starts, starts + sides], axis=1).astype(np.float32)
        ignore = rng.random(12) < 0.4
        targets = match(boxes, np.zeros((12, 5, 2), np.float32), np.zeros(12, bool), ignore)
        iou = iou_matrix(boxes, corners)
        wish = np.zeros_like(iou)
        for face in np.flatnonzero(~ignore):
            if kind == ATSS:
                wish[face, list(atss(boxes[face], THREE_PER_CELL, size))] = 1
            else:
                wish[face] = iou[face] >= 0.35
            wish[face] *= iou[face]
            wish[face, iou[face].argmax()] += 2
        positive = wish.max(axis=0) > 0
        np.testing.assert_array_equal(targets["label"] == FACE, positive)
        decoded = decode_boxes(targets["box"], anchors)
        owner = wish.argmax(axis=0)
        np.testing.assert_allclose(decoded[positive], boxes[owner][positive], atol=1e-5)
        counts = np.bincount(owner[positive], minlength=len(boxes))
        np.testing.assert_array_equal(targets["positives"], np.where(positive, counts[owner], 1))

        low, high = (np.stack([f(corners[:, i], boxes[:, None, i]) for i in part], -1) for f, part in EDGES)
        share = np.maximum(high - low, 0).prod(axis=-1) / anchors[:, 2:].prod(axis=1)
        near = iou >= np.minimum(0.35, iou.max(axis=1, keepdims=True) / 2)
        ignored = ((near | (share >= 0.5)) & ignore[:, None]).any(axis=0) & ~positive
        np.testing.assert_array_equal(targets["label"] == IGNORED, ignored)


EDGES = ((np.maximum, (0, 1)), (np.minimum, (2, 3)))
