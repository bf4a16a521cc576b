import csv
import dataclasses
import json

import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.data.synthetic import SyntheticFaces
from ffkeras.errors import UserError
from ffkeras.models.build import build_model
from ffkeras.models.config import THREE_PER_CELL
from ffkeras.models.saving import QUANTIZED_FILE, save_run
from ffkeras.training.config import TrainingConfig
from ffkeras.training.distillation import (
    DISTILLATION_LOSSES,
    LOGIT_LIMIT,
    TASK_WEIGHTS,
    DistilledLoss,
    distillation_losses,
    softened_divergence,
)
from ffkeras.training.losses import LOSSES, multibox_loss
from ffkeras.training.run import make_loss, resume_run, start_run
from ffkeras.training.trainer import Trainer
from tests.small_networks import PLAIN_V2_ULTRA

SIZE = (64, 64)
CONFIG = TrainingConfig(
    synthetic_count=8,
    image_size=SIZE,
    batch_size=4,
    epochs=1,
    warmup_steps=2,
    frozen_norm_share=0,
    validation_size=SIZE,
)
SMALLEST = dataclasses.replace(PLAIN_V2_ULTRA, backbone_attention=False, pyramid_attention=False, pyramid_layers=1)
TEACHER = dataclasses.replace(SMALLEST, mean=(104.0, 117.0, 123.0))
STUDENT = dataclasses.replace(SMALLEST, anchors=THREE_PER_CELL)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@pytest.fixture(scope="module")
def teacher_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("teacher")
    model = build_model(TEACHER)
    for head in model.heads.heads:
        head.convolutions[0].bias.assign([-0.5, 0.5] * TEACHER.anchors.per_cell)  # sure of faces everywhere
    save_run(model, folder)
    return folder


@pytest.fixture(scope="module")
def config(teacher_run):
    return TrainingConfig(**{**CONFIG.to_json(), "teacher": str(teacher_run)})


@pytest.fixture(scope="module")
def finished(config, tmp_path_factory):
    trainer = start_run(STUDENT, config, tmp_path_factory.mktemp("student"))
    trainer.run()
    return trainer


def test_divergence_is_that_of_the_softened_softmax():
    rng = np.random.default_rng(0)
    teacher, student = rng.normal(scale=5, size=(2, 50, 2))
    p, q = softmax(teacher / 4), softmax(student / 4)
    expected = 16 * (p * np.log(p / q)).sum(axis=-1)
    margin = [tf.constant(logits[:, 1] - logits[:, 0], tf.float32) for logits in (teacher, student)]
    np.testing.assert_allclose(softened_divergence(*margin, 4.0), expected, rtol=1e-4, atol=1e-5)


def test_divergence_of_extreme_logits_is_finite():
    logits = tf.constant([-1e4, -100.0, 0.0, 100.0, 1e4])
    assert np.isfinite(softened_divergence(logits[:, None], logits, 4.0)).all()
    np.testing.assert_allclose(softened_divergence(logits, logits, 4.0), 0.0, atol=1e-6)


def make_lesson(logits, labels, counted):
    """One image with anchors of these teacher's logits, and an ignorant student."""
    count = len(logits)
    taught = {
        "logit": tf.constant([logits], tf.float32),
        "bbox_regression": tf.fill((1, count, 4), 2.0),
        "landmarks": tf.fill((1, count, 10), 3.0),
    }
    outputs = {
        "classification": tf.zeros((1, count, 2)),
        "bbox_regression": tf.zeros((1, count, 4)),
        "landmarks": tf.zeros((1, count, 10)),
    }
    return taught, outputs, tf.constant([labels]), tf.constant([counted])


def test_a_student_that_is_its_teacher_has_nothing_to_learn():
    taught, outputs, label, counted = make_lesson([-7.0, -1.0, 2.0, 5.0], [0, 0, 1, 1], [True] * 4)
    outputs = {**taught, "classification": taught["logit"][..., None]}
    np.testing.assert_allclose(distillation_losses(taught, outputs, label, counted, 4.0), 0.0, atol=1e-6)


def test_classes_are_learned_where_label_teacher_or_hard_negatives_point():
    """Anchors: positive, teacher's face, hard negative, easy negative, ignored, a face that the teacher misses."""
    lesson = make_lesson(
        [5.0, 1.0, -4.0, -6.0, 6.0, -5.0], [1, 0, 0, 0, -1, 1], [True, False, True, False, False, True]
    )
    each = softened_divergence(lesson[0]["logit"], tf.zeros((1, 6)), 4.0).numpy()[0]
    classes = distillation_losses(*lesson, 4.0).numpy()[0]
    assert classes == pytest.approx(each[:3].sum() / (2 + 2), rel=1e-5)  # labelled faces and the teacher's


def test_boxes_and_landmarks_are_learned_where_the_teacher_is_sure():
    lesson = make_lesson([-0.1, 0.1, 6.0], [1, 0, -1], [True, True, False])
    assert distillation_losses(*lesson, 4.0).numpy()[1:].tolist() == [4.0, 9.0]
    lesson[1]["bbox_regression"] = tf.constant(np.full((1, 3, 4), [[[9.0], [2.0], [9.0]]]), tf.float32)
    assert distillation_losses(*lesson, 4.0).numpy()[1] == 0


def test_an_image_without_any_face_teaches_no_boxes_and_no_nan():
    lesson = make_lesson([-5.0, -6.0], [0, 0], [False, False])
    assert distillation_losses(*lesson, 4.0).numpy().tolist() == [0, 0, 0]


def test_a_teachers_certainty_ends_somewhere():
    sure, surer = (make_lesson([logit], [1], [True]) for logit in (LOGIT_LIMIT, 50.0))
    assert distillation_losses(*sure, 4.0).numpy()[0] == distillation_losses(*surer, 4.0).numpy()[0]


def one_batch(trainer):
    images, targets = next(trainer.batches(0))
    return images, trainer.model(images, training=True), targets


def test_the_loss_is_labels_and_tasks_in_their_shares(config, teacher_run, tmp_path):
    trainer = Trainer(build_model(STUDENT), config, SyntheticFaces(8, 0, SIZE), [], tmp_path)
    batch = one_batch(trainer)
    loss = make_loss(STUDENT, config)
    loss.task_weights.assign([0.5, -1.0, 2.0])
    total, logged = loss(*batch)
    assert tuple(loss.names) == (*LOSSES, *DISTILLATION_LOSSES, *TASK_WEIGHTS)
    for name in LOSSES:
        assert float(logged[name]) == float(multibox_loss(*batch[1:], config.loss)[name])
    tasks = np.array([float(logged[name]) for name in DISTILLATION_LOSSES])
    weights = np.array([0.5, -1.0, 2.0])
    assert [float(logged[name]) for name in TASK_WEIGHTS] == weights.tolist()
    assert tasks.min() > 0
    distilled = (np.exp(-weights) * tasks + weights).sum()
    assert float(total) == pytest.approx(0.3 * float(logged["loss"]) + 0.7 * distilled, rel=1e-5)


def test_gradients_reach_student_and_task_weights_but_not_the_teacher(config, tmp_path):
    loss = make_loss(STUDENT, config)
    trainer = Trainer(build_model(STUDENT), config, SyntheticFaces(8, 0, SIZE), [], tmp_path, loss=loss)
    images, targets = next(trainer.batches(0))
    teacher = loss.teacher.model
    before = [weight.numpy() for weight in teacher.weights]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(teacher.trainable_variables)
        total, _ = loss(images, trainer.model(images, training=True), targets)
    assert all(gradient is None for gradient in tape.gradient(total, teacher.trainable_variables))
    assert np.abs(tape.gradient(total, loss.task_weights)).min() > 0
    kernel = trainer.model.backbone.stem.convolution.kernel
    assert np.abs(tape.gradient(total, kernel)).max() > 0

    trainer._train_step(images, targets)  # once: tracing it would take longer
    assert np.abs(loss.task_weights.numpy()).min() > 0
    for weight, wanted in zip(teacher.weights, before, strict=True):  # BatchNorm's statistics too
        np.testing.assert_array_equal(weight.numpy(), wanted)


def test_the_teacher_sees_the_image_with_its_own_mean(config):
    loss = make_loss(STUDENT, config)
    pixels = np.random.default_rng(0).uniform(0, 255, (2, *SIZE, 3)).astype(np.float32)
    seen = loss.teacher(pixels - np.float32(STUDENT.mean))
    wanted = loss.teacher.transfer(loss.teacher.model.forward(pixels - np.float32(TEACHER.mean)))
    np.testing.assert_allclose(seen["logit"], wanted["logit"], rtol=1e-3, atol=1e-3)


def test_a_run_logs_what_its_teacher_taught(finished):
    for name in ("steps.csv", "epochs.csv"):
        with (finished.folder / name).open(newline="") as file:
            assert set(DISTILLATION_LOSSES + TASK_WEIGHTS) < set(csv.DictReader(file).fieldnames)
    with (finished.folder / "epochs.csv").open(newline="") as file:
        last = list(csv.DictReader(file))[-1]
    assert all(float(last[name]) > 0 for name in DISTILLATION_LOSSES)


def test_a_resumed_run_goes_on_with_its_task_weights(finished):
    resumed = resume_run(finished.folder)
    assert isinstance(resumed.loss, DistilledLoss)
    assert not resumed.loss.task_weights.numpy().any()
    resumed.checkpoint.restore()
    learned = resumed.loss.task_weights.numpy()
    np.testing.assert_array_equal(learned, finished.loss.task_weights.numpy())
    assert np.abs(learned).min() > 0


def test_a_checkpoint_of_a_run_without_teacher_holds_what_it_held_before(tmp_path):
    trainer = Trainer(build_model(STUDENT), CONFIG, SyntheticFaces(8, 0, SIZE), [], tmp_path)
    trainer.checkpoint.save(1)
    stored = tf.train.list_variables(str(tmp_path / "checkpoint"))
    assert not [name for name, _ in stored if name.startswith("loss")]
    Trainer(build_model(STUDENT), CONFIG, SyntheticFaces(8, 0, SIZE), [], tmp_path).checkpoint.restore()


def test_a_teacher_that_is_no_float_run_is_named(tmp_path):
    def refuse(sentence):
        with pytest.raises(UserError, match=sentence):
            start_run(STUDENT, TrainingConfig(teacher=str(tmp_path / "gone")), tmp_path / "out")
        assert not (tmp_path / "out").exists()

    refuse("gone is not a run folder")
    save_run(build_model(TEACHER), tmp_path / "gone")
    other = json.loads((tmp_path / "gone" / "model.json").read_text())
    other["anchors"]["strides"] = [4, 8, 16]
    (tmp_path / "gone" / "model.json").write_text(json.dumps(other))
    refuse(r"model.json.*strides")
    save_run(build_model(TEACHER), tmp_path / "gone")
    (tmp_path / "gone" / "model.weights.h5").unlink()
    refuse("model.weights.h5 does not exist")
    (tmp_path / "gone" / QUANTIZED_FILE).touch()
    refuse("quantised run.*name the float run")
