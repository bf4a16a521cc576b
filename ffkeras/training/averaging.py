"""Exponential moving average of weights (Polyak averaging)."""

from ffkeras.backend import tf


class WeightAverage(tf.Module):
    """A copy of a model's weights that follows them slowly.

    The decay rises with the steps, min(decay, (1 + step) / (10 + step)), so that the average is not held up by the
    initial weights.

    Args:
        weights: the variables to follow; counters and other whole numbers are left alone.
        decay: of the average, towards 1 the slower.
    """

    def __init__(self, weights: list[tf.Variable], decay: float):
        super().__init__()
        self.decay = decay
        self.followed = _floats(weights)
        self.average = [tf.Variable(weight, trainable=False) for weight in self.followed]

    def update(self, step: tf.Variable) -> None:
        """Move the average towards the weights after step number `step`."""
        count = tf.cast(step, tf.float32)
        rate = 1.0 - tf.minimum(self.decay, (1.0 + count) / (10.0 + count))
        for average, weight in zip(self.average, self.followed, strict=True):
            average.assign_sub(rate * (average - weight))

    def copy_to(self, weights: list[tf.Variable]) -> None:
        """Write the average into the weights of a model of the same kind."""
        for average, weight in zip(self.average, _floats(weights), strict=True):
            weight.assign(average)


def _floats(weights: list[tf.Variable]) -> list[tf.Variable]:
    return [weight for weight in weights if weight.dtype.is_floating]
