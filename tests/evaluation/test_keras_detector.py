from types import SimpleNamespace

import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.evaluation.keras_detector import KerasFaceDetector
from ffkeras.geometry import AnchorConfig, make_anchors

ANCHORS = AnchorConfig(sizes=((16, 32), (64, 128), (256, 512)))
SIZE = (64, 96)
MEAN = (10, 20, 30)


class OneAnchor:
    """Stands for a network that is sure of one anchor, where the whole input is zero: the mean was subtracted."""

    config = SimpleNamespace(mean=MEAN, anchors=ANCHORS)

    def __init__(self, index):
        self.index = index
        self.traces = 0

    def __call__(self, images, training):
        assert not training
        self.traces += 1
        count = len(make_anchors(ANCHORS, SIZE))
        is_mean = tf.cast(tf.reduce_all(images == 0), tf.float32)
        face = tf.one_hot([self.index], count) * is_mean * 0.9  # [1, A]
        return {
            "classification": tf.stack([1 - face, face], axis=-1),
            "bbox_regression": tf.zeros((1, count, 4)),
            "landmarks": tf.zeros((1, count, 10)),
        }


def mean_image(height, width):
    return np.broadcast_to(np.array(MEAN, np.uint8), (height, width, 3))


def test_face_comes_back_in_source_pixels():
    model = OneAnchor(index=2 * (3 * 12 + 5))  # stride 8, row 3, column 5, 16 px: centre (44, 28)
    detector = KerasFaceDetector(model, SIZE)
    (face,) = detector.detect(mean_image(128, 192))  # twice the input
    assert face.box.tolist() == pytest.approx([72, 40, 104, 72])
    assert face.score == pytest.approx(0.9)
    assert face.landmarks == pytest.approx(np.tile([88, 56], (5, 1)))


def test_mean_is_subtracted_and_fills_the_rest_of_the_input():
    detector = KerasFaceDetector(OneAnchor(0), SIZE)
    assert len(detector.detect(mean_image(50, 17))) == 1
    assert detector.detect(np.zeros((50, 17, 3), np.uint8)) == []


def test_score_threshold_is_obeyed():
    assert KerasFaceDetector(OneAnchor(0), SIZE, score_threshold=0.95).detect(mean_image(64, 96)) == []


def test_network_is_traced_once_for_images_of_all_sizes():
    model = OneAnchor(0)
    detector = KerasFaceDetector(model, SIZE)
    for shape in ((64, 96), (10, 200), (1, 1)):
        detector.detect(mean_image(*shape))
    assert model.traces == 1
