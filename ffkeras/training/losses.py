"""MultiBox loss: classes, boxes and landmarks (SSD, Liu et al. 2016, eq. 1; RetinaFace, Deng et al. 2020, eq. 1)."""

from ffkeras.backend import tf
from ffkeras.layers.replicas import sum_over_replicas
from ffkeras.training.box_losses import BoxPair, box_errors, smooth_l1
from ffkeras.training.class_losses import face_logit, ohem_errors, quality_focal_errors
from ffkeras.training.loss_config import OHEM, SMOOTH_L1, LossConfig
from ffkeras.training.matching import FACE

USUAL_POSITIVES = 10.0  # anchors of a face of 16 to 32 pixels, whose weight no balance changes
LOSSES = ("loss", "classification_loss", "box_loss", "landmark_loss")


def multibox_loss(outputs: dict, targets: dict, config: LossConfig = LossConfig()) -> dict:  # noqa: B008 frozen
    """The loss of a batch and its three parts.

    Classes and boxes are divided by the weights of the batch's positives, landmarks by the positives with landmarks.
    Where several processes share a batch, these are the whole batch's, and the losses the process's shares of its.

    Args:
        outputs: of a network in training: class logits [B, A, 2] or [B, A, 1], box codes [B, A, 4], landmark codes
            [B, A, 10].
        targets: as `make_matcher` gives them, batched.
        config: which loss each task has, and its weight.

    Returns:
        Scalars `loss`, `classification_loss`, `box_loss`, `landmark_loss`; `loss` is the others' weighted sum.
    """
    label, logit = targets["label"], face_logit(outputs["classification"])
    positive = label == FACE
    predicted, labelled = outputs["bbox_regression"], targets["box"]
    needs_iou = config.class_loss != OHEM or config.box_loss != SMOOTH_L1
    pair = BoxPair(predicted, labelled) if needs_iou else None
    if config.class_loss == OHEM:
        class_errors = ohem_errors(logit, label)
    else:
        class_errors = quality_focal_errors(logit, label, pair.iou)

    weights = tf.cast(positive, tf.float32)
    if config.face_balance:
        balance = (USUAL_POSITIVES / targets["positives"]) ** config.face_balance
        weights *= balance
        class_errors = tf.where(positive, class_errors * balance, class_errors)
    marked = tf.cast(targets["has_landmarks"], tf.float32)
    counts = sum_over_replicas(tf.stack([tf.reduce_sum(weights), tf.reduce_sum(marked)]))
    positives, landmarks = tf.unstack(tf.maximum(counts, 1.0))
    classification = tf.reduce_sum(class_errors) / positives
    box = tf.reduce_sum(weights * box_errors(predicted, labelled, config.box_loss, pair)) / positives
    landmark_errors = tf.reduce_sum(smooth_l1(outputs["landmarks"] - targets["landmarks"]), axis=2)
    landmark = tf.reduce_sum(marked * landmark_errors) / landmarks
    total = config.class_weight * classification + config.box_weight * box + config.landmark_weight * landmark
    return dict(zip(LOSSES, (total, classification, box, landmark), strict=True))


class MultiboxLoss:
    """The loss of a step that learns from labels alone.

    Args:
        config: see `multibox_loss`.

    Attributes:
        names: of the scalars that are logged.
        trainable_variables: what the loss learns itself: nothing.
    """

    names = LOSSES
    trainable_variables = ()

    def __init__(self, config: LossConfig = LossConfig()):  # noqa: B008 frozen
        self.config = config

    def __call__(self, images, outputs: dict, targets: dict) -> tuple[tf.Tensor, dict]:
        """What to minimise, and scalars by name, those of `names` among them.

        Args:
            images: float32 [B, H, W, 3], what the network was given.
            outputs, targets: see `multibox_loss`.
        """
        losses = multibox_loss(outputs, targets, self.config)
        return losses["loss"], losses
