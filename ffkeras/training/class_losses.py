"""Losses of face scores, anchor by anchor."""

from ffkeras.backend import tf
from ffkeras.training.matching import BACKGROUND, FACE

NEGATIVES_PER_POSITIVE = 7  # RetinaFace, sec. 3.2
NEGATIVES_WITHOUT_FACES = 100  # of an image without positives: the few of one face would drown in a batch
FOCUS = 2.0  # quality focal loss's beta (Li et al. 2020, sec. 3.2)


def face_logit(logits):
    """How much more an anchor looks like a face than like background: [B, A, 2], or [B, A, 1] as it is -> [B, A]."""
    return logits[..., 0] if logits.shape[-1] == 1 else logits[..., 1] - logits[..., 0]


def cross_entropy(logit, label):
    """float32 [B, A] of face logits and labels [B, A]; anchors that are no `FACE` count as background."""
    return tf.nn.softplus(logit * tf.where(label == FACE, -1.0, 1.0))


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


def mined_anchors(logit, label):
    """Positives and the hardest negatives (SSD, Liu et al. 2016, sec. 2.2), seven a positive in each image.

    Args:
        logit: float32 [B, A] face logits.
        label: int32 [B, A], see `make_matcher`.

    Returns:
        bool [B, A].
    """
    positive = label == FACE
    positives = tf.reduce_sum(tf.cast(positive, tf.int32), axis=1)  # [B]
    negatives = tf.where(positives > 0, NEGATIVES_PER_POSITIVE * positives, NEGATIVES_WITHOUT_FACES)
    entropy = tf.stop_gradient(cross_entropy(logit, label))
    return positive | hardest_negatives(entropy, label == BACKGROUND, negatives)


def ohem_errors(logit, label):
    """Cross-entropy of `mined_anchors`, zero elsewhere: float32 [B, A]."""
    return tf.where(mined_anchors(logit, label), cross_entropy(logit, label), 0.0)


def quality_focal_errors(logit, label, quality):
    """Quality focal loss (Li et al. 2020, eq. 2): |quality - score|^2 times cross-entropy with the quality.

    Args:
        logit: float32 [B, A] face logits.
        label: int32 [B, A]; ignored anchors have no loss.
        quality: float32 [B, A], 0..1, what the score of a positive should be; background's is 0. No gradient.

    Returns:
        float32 [B, A].
    """
    quality = tf.stop_gradient(tf.where(label == FACE, tf.clip_by_value(quality, 0.0, 1.0), 0.0))
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(quality, logit)
    focused = entropy * tf.abs(quality - tf.sigmoid(logit)) ** FOCUS
    return tf.where((label == FACE) | (label == BACKGROUND), focused, 0.0)
