import numpy as np
import pytest

from ffkeras.geometry import iou_matrix, nms


def random_boxes(count, seed, size=0.2):
    generator = np.random.default_rng(seed)
    centres, halves = generator.random((count, 2)), generator.random((count, 2)) * size + 0.005
    boxes = np.concatenate([centres - halves, centres + halves], axis=1).astype(np.float32)
    return boxes, generator.random(count).astype(np.float32)


def plain_nms(boxes, scores, iou_threshold):
    overlaps = iou_matrix(boxes.astype(np.float64), boxes.astype(np.float64))
    kept = []
    for index in np.argsort(-scores, kind="stable"):
        if all(overlaps[index, other] <= iou_threshold for other in kept):
            kept.append(index)
    return kept


@pytest.mark.parametrize("seed", range(5))
def test_keeps_what_the_definition_keeps(seed):
    boxes, scores = random_boxes(300, seed)
    assert nms(boxes, scores, 0.4).tolist() == plain_nms(boxes, scores, 0.4)


def test_agrees_with_tensorflow():
    from ffkeras.backend import tf

    boxes, scores = random_boxes(500, seed=9)
    expected = tf.image.non_max_suppression(boxes[:, [1, 0, 3, 2]], scores, 500, iou_threshold=0.4).numpy()
    assert nms(boxes, scores, 0.4).tolist() == expected.tolist()


def test_limit_returns_the_first_of_the_unlimited():
    boxes, scores = random_boxes(300, seed=3)
    assert nms(boxes, scores, 0.4, limit=7).tolist() == nms(boxes, scores, 0.4)[:7].tolist()


def test_equal_scores_keep_their_order():
    boxes = np.array([[0, 0, 1, 1], [5, 5, 6, 6], [0, 0, 1, 1]], np.float32)
    assert nms(boxes, np.ones(3, np.float32), 0.4).tolist() == [0, 1]


def test_no_boxes_give_no_indices():
    kept = nms(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 0.4)
    assert kept.shape == (0,)
    assert kept.dtype == np.int64
