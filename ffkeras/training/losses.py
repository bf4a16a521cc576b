"""MultiBox loss (SSD, Liu et al. 2016, eq. 1; with landmarks as RetinaFace, Deng et al. 2020, eq. 1)."""

from ffkeras.backend import tf
from ffkeras.training.matching import BACKGROUND, FACE

LOSSES = ("loss", "classification_loss", "box_loss", "landmark_loss")
NEGATIVES_PER_POSITIVE = 7  # RetinaFace, sec. 3.2
NEGATIVES_WITHOUT_FACES = 100  # of an image without positives: the few of one face would drown in a batch
BOX_WEIGHT = 2.0  # Pytorch_Retinaface's loc_weight, which the published weights were trained with


def smooth_l1(difference):
    """Huber loss with its knee at 1, element by element."""
    size = tf.abs(difference)
    return tf.where(size < 1.0, 0.5 * size * size, size - 0.5)


def hardest_negatives(loss, negative, count):
    """Choose the negatives of highest loss in each image.

    Args:
        loss: float32 [B, A].
        negative: bool [B, A], which anchors are negatives.
        count: int32 [B], how many to choose in each image.

    Returns:
        bool [B, A].
    """
    candidates = tf.where(negative, loss, -1.0)
    ordered = tf.sort(candidates, axis=1, direction="DESCENDING")
    last = tf.clip_by_value(count - 1, 0, tf.shape(loss)[1] - 1)
    threshold = tf.gather(ordered, last, axis=1, batch_dims=1)[:, None]
    return negative & (candidates >= threshold)


def face_logit(logits):
    """How much more an anchor looks like a face than like background: [B, A, 2], or [B, A, 1] as it is -> [B, A]."""
    return logits[..., 0] if logits.shape[-1] == 1 else logits[..., 1] - logits[..., 0]


def multibox_loss(outputs: dict, targets: dict) -> dict:
    """The loss of a batch and its three parts.

    Cross-entropy over the positives and the hardest negatives (7 a positive, in each image; 100 where an image has no
    positive), smooth L1 of boxes over positives and of landmarks over positives that have them.
    Classes and boxes are divided by the batch's positives, landmarks by those with landmarks.

    Args:
        outputs: of a network in training: class logits [B, A, 2] or [B, A, 1], box codes [B, A, 4], landmark codes
            [B, A, 10].
        targets: as `make_matcher` gives them, batched.

    Returns:
        Scalars `loss`, `classification_loss`, `box_loss`, `landmark_loss`; `loss` adds them up, boxes twice.
        `counted` bool [B, A], the anchors that the cross-entropy is over.
    """
    label = targets["label"]
    positive, negative = label == FACE, label == BACKGROUND
    entropy = tf.nn.softplus(face_logit(outputs["classification"]) * tf.where(positive, -1.0, 1.0))  # [B, A]
    positives = tf.reduce_sum(tf.cast(positive, tf.int32), axis=1)  # [B]
    negatives = tf.where(positives > 0, NEGATIVES_PER_POSITIVE * positives, NEGATIVES_WITHOUT_FACES)
    hard = hardest_negatives(tf.stop_gradient(entropy), negative, negatives)

    def mean_over(mask, values):
        weights = tf.cast(mask, tf.float32)
        return tf.reduce_sum(values * weights) / tf.maximum(tf.reduce_sum(weights), 1.0)

    faces = tf.maximum(tf.cast(tf.reduce_sum(positives), tf.float32), 1.0)
    counted = positive | hard
    classification = tf.reduce_sum(tf.where(counted, entropy, 0.0)) / faces
    box_errors = tf.reduce_sum(smooth_l1(outputs["bbox_regression"] - targets["box"]), axis=2)
    landmark_errors = tf.reduce_sum(smooth_l1(outputs["landmarks"] - targets["landmarks"]), axis=2)
    box = mean_over(positive, box_errors)
    landmark = mean_over(targets["has_landmarks"], landmark_errors)
    return {
        "loss": classification + BOX_WEIGHT * box + landmark,
        "classification_loss": classification,
        "box_loss": box,
        "landmark_loss": landmark,
        "counted": counted,
    }


class MultiboxLoss:
    """The loss of a step that learns from labels alone.

    Attributes:
        names: of the scalars that are logged.
        trainable_variables: what the loss learns itself: nothing.
    """

    names = LOSSES
    trainable_variables = ()

    def __call__(self, images, outputs: dict, targets: dict) -> tuple[tf.Tensor, dict]:
        """What to minimise, and scalars by name, those of `names` among them.

        Args:
            images: float32 [B, H, W, 3], what the network was given.
            outputs, targets: see `multibox_loss`.
        """
        losses = multibox_loss(outputs, targets)
        return losses["loss"], losses
