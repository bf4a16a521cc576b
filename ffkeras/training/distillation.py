"""Learning from labels and from a trained network at once (knowledge distillation, Hinton et al. 2015)."""

import math

from ffkeras.backend import tf
from ffkeras.layers.replicas import replica_count, sum_over_replicas
from ffkeras.training.class_losses import face_logit, mined_anchors
from ffkeras.training.loss_config import LossConfig
from ffkeras.training.losses import LOSSES, multibox_loss
from ffkeras.training.matching import FACE, IGNORED
from ffkeras.training.teacher import Teacher

LOGIT_LIMIT = 8.0  # beyond it a teacher's certainty teaches nothing more: a probability of 0.9997
FACE_PROBABILITY = 0.1  # from here on the teacher thinks that an anchor may be a face
SURE_PROBABILITY = 0.5  # from here on its box and landmarks are worth learning
TASKS = ("class", "box", "landmark")
DISTILLATION_LOSSES = tuple(f"distillation_{task}" for task in TASKS)
TASK_WEIGHTS = tuple(f"task_weight_{task}" for task in TASKS)


def softened_divergence(teacher, student, temperature: float):
    """Kullback-Leibler divergence of two-class distributions softened at a temperature, times its square.

    The square keeps the gradient's size at any temperature (Hinton et al. 2015, sec. 2).

    Args:
        teacher, student: float32 logits of one shape, face minus background.
        temperature: above zero.

    Returns:
        float32 of the same shape, zero or above.
    """
    teacher, student = teacher / temperature, student / temperature
    face = tf.sigmoid(teacher) * (tf.nn.softplus(-student) - tf.nn.softplus(-teacher))
    background = tf.sigmoid(-teacher) * (tf.nn.softplus(student) - tf.nn.softplus(teacher))
    return temperature**2 * (face + background)


def distillation_losses(taught: dict, outputs: dict, label, counted, temperature: float):
    """How far a student is from what its teacher says, task by task.

    Classes: softened divergence over anchors that the teacher takes for a possible face, over positives and the
    hardest negatives, divided by the positives and the teacher's possible faces. Boxes and landmarks: mean squared
    difference of codes over anchors that the teacher is sure of. Anchors at ignored faces are left out, and labelled
    faces that the teacher misses: it has nothing to teach about them. Where several processes share a batch, the
    results are the process's shares.

    Args:
        taught: what `Teacher` gives.
        outputs: of the student, class scores as logits.
        label: int32 [B, A], see `make_matcher`.
        counted: bool [B, A], positives and hard negatives, see `mined_anchors`.
        temperature: of the softened classes.

    Returns:
        float32 [3]: class, box, landmark.
    """
    known = label != IGNORED
    logit = tf.clip_by_value(taught["logit"], -LOGIT_LIMIT, LOGIT_LIMIT)
    face, sure = (known & (logit >= math.log(p / (1 - p))) for p in (FACE_PROBABILITY, SURE_PROBABILITY))
    divergence = softened_divergence(logit, face_logit(outputs["classification"]), temperature)  # [B, A]

    missed = (label == FACE) & (logit < 0)
    counts = sum_over_replicas(tf.stack([_count(label == FACE) + _count(face), _count(sure)]))
    faces, taught_faces = tf.unstack(tf.maximum(counts, 1.0))
    classes = tf.reduce_sum(tf.where((counted & ~missed) | face, divergence, 0.0)) / faces

    def mean_square(name):
        squares = tf.reduce_mean(tf.square(outputs[name] - taught[name]), axis=2)  # [B, A]
        return tf.reduce_sum(tf.where(sure, squares, 0.0)) / taught_faces

    return tf.stack([classes, mean_square("bbox_regression"), mean_square("landmarks")])


def _count(mask):
    return tf.reduce_sum(tf.cast(mask, tf.float32))


class DistilledLoss:
    """MultiBox loss and distillation, mixed; the distilled tasks have weights that are learned too.

    A task counts exp(-s) * loss + s with a learned s, so that no weight can run to zero (Kendall et al. 2018, eq. 10).

    Args:
        teacher: is shown each batch.
        temperature: of the softened classes.
        share: 0..1, of distillation; the rest is the MultiBox loss's.
        config: of the MultiBox loss.

    Attributes:
        names: what is logged: the parts of the MultiBox loss, the distilled tasks' losses and their s.
        trainable_variables: the s.
    """

    names = (*LOSSES, *DISTILLATION_LOSSES, *TASK_WEIGHTS)

    def __init__(self, teacher: Teacher, temperature: float, share: float, config: LossConfig):
        self.teacher, self.temperature, self.share, self.config = teacher, temperature, share, config
        self.task_weights = tf.Variable(tf.zeros(len(TASKS)), name="task_weights")
        self.trainable_variables = [self.task_weights]

    def __call__(self, images, outputs: dict, targets: dict) -> tuple[tf.Tensor, dict]:
        """See `MultiboxLoss`."""
        losses = multibox_loss(outputs, targets, self.config)
        taught = self.teacher(images)
        counted = mined_anchors(face_logit(outputs["classification"]), targets["label"])
        tasks = distillation_losses(taught, outputs, targets["label"], counted, self.temperature)
        share_of_weights = self.task_weights / replica_count()  # all processes add theirs
        distilled = tf.reduce_sum(tf.exp(-self.task_weights) * tasks + share_of_weights)
        logged = zip(self.names[len(LOSSES) :], tf.unstack(tf.concat([tasks, share_of_weights], axis=0)), strict=True)
        return (1 - self.share) * losses["loss"] + self.share * distilled, {**losses, **dict(logged)}
