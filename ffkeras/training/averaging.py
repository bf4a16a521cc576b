"""Exponential moving average of weights (Polyak averaging)."""

from ffkeras.backend import tf
from ffkeras.training.flat_variable import FlatVariable, flatten


class WeightAverage(tf.__internal__.tracking.Trackable):
    """A copy of a model's weights that follows them slowly.

    The decay rises with the steps, min(decay, (1 + step) / (10 + step)), so that the average is not held up by the
    initial weights.

    Args:
        weights: the float32 variables to follow; counters and other whole numbers are left alone.
        decay: of the average, towards 1 the slower.

    Attributes:
        average: the variables that hold it: one vector of all numbers. In checkpoints it is an array for each weight.
    """

    def __init__(self, weights: list[tf.Variable], decay: float):
        self.decay = decay
        self.followed = _floats(weights)
        self._flat = FlatVariable(self.followed, copied=True)
        self.average = [self._flat.variable]
        self._track_trackable(tf.__internal__.tracking.wrap(self._flat.parts), "average")

    def update(self, step: tf.Variable) -> None:
        """Move the average towards the weights after step number `step`."""
        count = tf.cast(step, tf.float32)
        rate = 1.0 - tf.minimum(self.decay, (1.0 + count) / (10.0 + count))
        average = self._flat.variable
        average.assign_sub(rate * (average - flatten(self.followed)))

    def values(self) -> list:
        """The average of each followed weight, in its shape."""
        return self._flat.split()

    def copy_to(self, weights: list[tf.Variable]) -> None:
        """Write the average into the weights of a model of the same kind."""
        for average, weight in zip(self.values(), _floats(weights), strict=True):
            weight.assign(average)


def _floats(weights: list[tf.Variable]) -> list[tf.Variable]:
    return [weight for weight in weights if weight.dtype.is_floating]
