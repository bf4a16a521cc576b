import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.errors import UserError
from ffkeras.geometry import decode_boxes, iou_matrix
from ffkeras.training.box_losses import BoxPair
from ffkeras.training.class_losses import hardest_negatives
from ffkeras.training.loss_config import CHOICES, SSD, LossConfig
from ffkeras.training.losses import multibox_loss

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
    return outputs, {
        **targets,
        "label": tf.constant(labels),
        "has_landmarks": tf.constant(labels == 1),
        "positives": tf.ones(shape),
    }


def test_loss_equals_the_formula_written_out():
    outputs, targets = make_batch([[1, 0, 0, 0, 0, 0, 0, 0, 0, -1], [1, 1] + [0] * 8])
    losses = multibox_loss(outputs, targets, SSD)
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


@pytest.mark.parametrize("config", [SSD, LossConfig()])
def test_ignored_anchors_have_no_gradient(config):
    outputs, targets = make_batch([[1, -1, 0, -1]])
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = multibox_loss(outputs, targets, config)["loss"]
    for gradient in tape.gradient(loss, outputs).values():
        assert np.abs(gradient.numpy()[0, [1, 3]]).max() == 0
        assert np.abs(gradient.numpy()[0, 0]).max() > 0


def test_faces_without_landmarks_teach_none():
    outputs, targets = make_batch([[1, 1, 0]])
    targets["has_landmarks"] = tf.constant([[False, False, False]])
    assert multibox_loss(outputs, targets, SSD)["landmark_loss"].numpy() == 0


def test_an_image_without_faces_still_learns_its_hardest_negatives():
    outputs, targets = make_batch([[0] * 150])
    losses = multibox_loss(outputs, targets, SSD)
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


IOU_LOSSES = [kind for kind in CHOICES["box_loss"] if kind != "smooth_l1"]
ANCHOR = np.array([[0.5, 0.5, 0.1, 0.1]])


@pytest.mark.parametrize("kind", CHOICES["box_loss"])
def test_a_perfect_box_has_no_loss_and_no_gradient(kind):
    outputs, targets = make_batch([[1, 1, 0]])
    outputs["bbox_regression"] = targets["box"]
    config = LossConfig(box_loss=kind)
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        losses = multibox_loss(outputs, targets, config)
        total = losses["box_loss"]
    assert float(total) == pytest.approx(0, abs=1e-6)
    assert np.abs(tape.gradient(total, outputs)["bbox_regression"]).max() < 1e-3


@pytest.mark.parametrize("kind", IOU_LOSSES)
def test_iou_losses_equal_their_formulas_in_the_image(kind):
    codes, wanted = RNG.normal(size=(2, 60, 4))
    pair = BoxPair(*(tf.constant(c[None], tf.float32) for c in (codes, wanted)))
    anchors = np.repeat(ANCHOR, 60, axis=0)
    boxes, truths = decode_boxes(codes, anchors), decode_boxes(wanted, anchors)
    iou = np.diag(iou_matrix(boxes, truths))
    np.testing.assert_allclose(pair.iou[0], iou, atol=1e-5)
    outer = np.maximum(boxes[:, 2:], truths[:, 2:]) - np.minimum(boxes[:, :2], truths[:, :2])
    apart = (((boxes[:, :2] + boxes[:, 2:]) - (truths[:, :2] + truths[:, 2:])) ** 2).sum(axis=1) / 4
    expected = 1 - iou + apart / (outer**2).sum(axis=1)
    size, true_size = boxes[:, 2:] - boxes[:, :2], truths[:, 2:] - truths[:, :2]
    if kind == "ciou":
        angle = np.arctan(true_size[:, 0] / true_size[:, 1]) - np.arctan(size[:, 0] / size[:, 1])
        v = 4 / np.pi**2 * angle**2
        expected += v * v / (1 - iou + v)
    if kind == "eiou":
        expected += ((size - true_size) ** 2 / outer**2).sum(axis=1)
    np.testing.assert_allclose(pair.loss(kind)[0], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", IOU_LOSSES)
def test_a_box_far_away_is_drawn_towards_its_face(kind):
    outputs, targets = make_batch([[1]])
    targets["box"] = tf.zeros((1, 1, 4))
    outputs["bbox_regression"] = tf.constant([[[40.0, -30.0, 0.0, 0.0]]])  # no overlap
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = multibox_loss(outputs, targets, LossConfig(box_loss=kind))["box_loss"]
    gradient = tape.gradient(loss, outputs)["bbox_regression"].numpy()[0, 0]
    assert gradient[0] > 0 > gradient[1]


@pytest.mark.parametrize("kind", IOU_LOSSES)
def test_wild_codes_have_finite_losses_and_gradients(kind):
    outputs, targets = make_batch([[1, 1]])
    outputs["bbox_regression"] = tf.constant([[[1e4, -1e4, 500.0, -500.0], [0.0, 0.0, -500.0, -500.0]]])
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = multibox_loss(outputs, targets, LossConfig(box_loss=kind))["loss"]
    assert np.isfinite(loss)
    assert all(np.isfinite(gradient).all() for gradient in tape.gradient(loss, outputs).values())


def class_gradient(logits, labels, boxes_are_right):
    outputs, targets = make_batch([labels])
    logits = np.array(logits, np.float32)
    outputs["classification"] = tf.constant(np.stack([-logits / 2, logits / 2], axis=-1)[None])
    if boxes_are_right:
        outputs["bbox_regression"] = targets["box"]
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        losses = multibox_loss(outputs, targets, LossConfig())
    gradient = tape.gradient(losses["classification_loss"], outputs)
    assert gradient["bbox_regression"] is None or not np.any(gradient["bbox_regression"])  # the quality is a target
    return gradient["classification"].numpy()[0, :, 1], losses


def test_quality_focal_loss_is_its_formula():
    outputs, targets = make_batch([[1, 0, 1, -1, 0]])
    logit = (outputs["classification"][..., 1] - outputs["classification"][..., 0]).numpy()[0]
    iou = BoxPair(outputs["bbox_regression"], targets["box"]).iou.numpy()[0]
    quality, score = np.where(targets["label"][0] == 1, iou, 0), 1 / (1 + np.exp(-logit))
    each = (quality - score) ** 2 * -((1 - quality) * np.log(1 - score) + quality * np.log(score))
    losses = multibox_loss(outputs, targets, LossConfig())
    assert float(losses["classification_loss"]) == pytest.approx(each[[0, 1, 2, 4]].sum() / 2, rel=1e-4)
    parts = 4 * losses["classification_loss"] + 4 * losses["box_loss"] + 0.2 * losses["landmark_loss"]
    assert float(losses["loss"]) == pytest.approx(float(parts), rel=1e-6)


def test_scores_are_drawn_to_the_overlap_of_their_boxes():
    gradient, _ = class_gradient([-2.0, 3.0, 3.0], [1, 1, 0], boxes_are_right=True)
    assert gradient[0] < 0  # a good box scores higher
    assert gradient[2] > 0  # background scores lower
    outputs, targets = make_batch([[1]])
    outputs["classification"] = tf.constant([[[-3.0, 3.0]]])
    outputs["bbox_regression"] = targets["box"] + 30.0  # a box beside its face
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss = multibox_loss(outputs, targets, LossConfig())["classification_loss"]
    assert tape.gradient(loss, outputs)["classification"].numpy()[0, 0, 1] > 0  # ... scores lower too


def test_a_score_that_is_its_quality_has_no_loss():
    outputs, targets = make_batch([[1]])
    iou = BoxPair(outputs["bbox_regression"], targets["box"]).iou.numpy().item()
    logit = np.log(iou / (1 - iou))
    outputs["classification"] = tf.constant([[[0.0, logit]]], tf.float32)
    assert float(multibox_loss(outputs, targets, LossConfig())["classification_loss"]) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"matching": "best"}, "matching is 'best'; choose one of iou, atss"),
        ({"box_loss": "giou"}, "box_loss is 'giou'"),
        ({"landmark_weight": -1}, "landmark_weight is -1"),
        ({"class_weight": float("nan")}, "class_weight is nan"),
        ({"face_balance": 1.5}, "face_balance is 1.5"),
    ],
)
def test_a_loss_that_there_is_not_is_refused_by_name(values, said):
    with pytest.raises(UserError, match=said):
        LossConfig(**values)


def test_balanced_faces_weigh_the_same_however_many_anchors_they_have():
    outputs, targets = make_batch([[1, 1, 1, 1, 0]])
    targets["positives"] = tf.constant([[3.0, 3.0, 3.0, 1.0, 1.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(outputs)
        plain, half, whole = (
            multibox_loss(outputs, targets, LossConfig(face_balance=balance))["box_loss"] for balance in (0, 0.5, 1)
        )
    each = BoxPair(outputs["bbox_regression"], targets["box"]).loss("eiou").numpy()[0, :4]
    assert float(plain) == pytest.approx(each.mean(), rel=1e-5)
    assert float(whole) == pytest.approx((each[:3].mean() + each[3]) / 2, rel=1e-5)
    weights = np.array([3, 3, 3, 1]) ** -0.5
    assert float(half) == pytest.approx((each * weights).sum() / weights.sum(), rel=1e-5)


def test_balance_leaves_background_as_it_is():
    outputs, targets = make_batch([[1, 0, 0]])
    targets["positives"] = tf.constant([[2.0, 1.0, 1.0]])
    gradients = []
    for balance in (0.0, 1.0):
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            losses = multibox_loss(outputs, targets, LossConfig(face_balance=balance))
        gradients.append(tape.gradient(losses["classification_loss"], outputs)["classification"].numpy()[0])
    plain, balanced = gradients
    np.testing.assert_allclose(balanced[0], plain[0], rtol=1e-5)  # one face: its weight and the divisor agree
    np.testing.assert_allclose(balanced[1:] * 5, plain[1:], rtol=1e-5)
