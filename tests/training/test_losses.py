import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.training.losses import hardest_negatives, multibox_loss

RNG = np.random.default_rng(0)


def make_batch(labels):
    labels = np.array(labels, np.int32)
    shape = labels.shape
    outputs = {
        "classification": RNG.normal(size=(*shape, 2)),
        "bbox_regression": RNG.normal(size=(*shape, 4)),
        "landmarks": RNG.normal(size=(*shape, 10)),
    }
    targets = {
        "box": RNG.normal(size=(*shape, 4)),
        "landmarks": RNG.normal(size=(*shape, 10)),
    }
    as_tensors = {name: tf.constant(value, tf.float32) for name, value in (outputs | targets).items()}
    outputs = {name: tf.constant(value, tf.float32) for name, value in outputs.items()}
    targets = {"box": tf.constant(targets["box"], tf.float32), "landmarks": as_tensors["landmarks"]}
    return outputs, {**targets, "label": tf.constant(labels), "has_landmarks": tf.constant(labels == 1)}


def test_loss_equals_the_formula_written_out():
    outputs, targets = make_batch([[1, 0, 0, 0, 0, 0, 0, 0, 0, -1], [1, 1] + [0] * 8])
    losses = multibox_loss(outputs, targets)
    logits, label = outputs["classification"].numpy(), targets["label"].numpy()
    log_softmax = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    entropy = np.where(label == 1, -log_softmax[..., 1], -log_softmax[..., 0])
    total = 0.0
    for row, kinds in zip(entropy, label, strict=True):
        negatives = np.sort(row[kinds == 0])[::-1][: 7 * (kinds == 1).sum()]
        total += row[kinds == 1].sum() + negatives.sum()
    assert losses["classification_loss"].numpy() == pytest.approx(total / 3, rel=1e-5)

    difference = np.abs(outputs["bbox_regression"].numpy() - targets["box"].numpy())
    box = np.where(difference < 1, difference**2 / 2, difference - 0.5).sum(axis=-1)[label == 1].mean()
    assert losses["box_loss"].numpy() == pytest.approx(box, rel=1e-5)
    parts = losses["classification_loss"] + 2 * losses["box_loss"] + losses["landmark_loss"]
    assert losses["loss"].numpy() == pytest.approx(float(parts), rel=1e-6)


def test_ignored_anchors_have_no_gradient():
    outputs, targets = make_batch([[1, -1, 0, -1]])
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = multibox_loss(outputs, targets)["loss"]
    for gradient in tape.gradient(loss, outputs).values():
        assert np.abs(gradient.numpy()[0, [1, 3]]).max() == 0
        assert np.abs(gradient.numpy()[0, 0]).max() > 0


def test_faces_without_landmarks_teach_none():
    outputs, targets = make_batch([[1, 1, 0]])
    targets["has_landmarks"] = tf.constant([[False, False, False]])
    assert multibox_loss(outputs, targets)["landmark_loss"].numpy() == 0


def test_an_image_without_faces_still_learns_its_hardest_negatives():
    outputs, targets = make_batch([[0] * 150])
    losses = multibox_loss(outputs, targets)
    logits = outputs["classification"].numpy()[0]
    hardest = np.sort(np.log1p(np.exp(logits[:, 1] - logits[:, 0])))[::-1][:100]
    assert losses["classification_loss"].numpy() == pytest.approx(hardest.sum(), rel=1e-5)
    assert losses["box_loss"].numpy() == 0


def test_hardest_negatives_takes_the_asked_number_in_each_image():
    loss = tf.constant(RNG.random((3, 50)), tf.float32)
    negative = tf.constant(RNG.random((3, 50)) < 0.8)
    chosen = hardest_negatives(loss, negative, tf.constant([7, 14, 1000])).numpy()
    np.testing.assert_array_equal(chosen.sum(axis=1), [7, 14, negative.numpy()[2].sum()])
    assert not (chosen & ~negative.numpy()).any()
