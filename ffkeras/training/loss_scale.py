"""Loss scaling: gradients of float16 are kept above what it rounds to zero (Micikevicius et al. 2018, sec. 3.2)."""

from ffkeras.backend import tf

START = 2.0**15
LOWEST, HIGHEST = 1.0, 2.0**24
STEPS_BEFORE_RISE = 1000  # without an overflow, before the scale is doubled


class LossScale(tf.Module):
    """The number that the loss is multiplied with before gradients are taken, and these are divided by.

    It falls by half where a gradient overflows, and that step changes no weight; after `STEPS_BEFORE_RISE` steps
    without one it is doubled.

    Attributes:
        value: float32, a power of two, so that multiplying and dividing round nothing.
        steps: int64, since the last change.
    """

    def __init__(self):
        super().__init__(name="loss_scale")
        self.value = tf.Variable(START, trainable=False, name="value")
        self.steps = tf.Variable(0, dtype=tf.int64, trainable=False, name="steps")

    def restart(self) -> None:
        """Start again."""
        self.value.assign(START)
        self.steps.assign(0)

    def unscale(self, gradients: list) -> tuple[list, tf.Tensor]:
        """The gradients of the loss itself from those of the scaled one; and whether all are finite."""
        gradients = [None if gradient is None else gradient / self.value for gradient in gradients]
        finite = [tf.reduce_all(tf.math.is_finite(gradient)) for gradient in gradients if gradient is not None]
        return gradients, tf.reduce_all(tf.stack(finite))

    def update(self, finite: tf.Tensor) -> None:
        """Go on from a step whose gradients were finite or not."""
        steps = self.steps + 1
        rises = finite & (steps >= STEPS_BEFORE_RISE)
        factor = tf.where(finite, tf.where(rises, 2.0, 1.0), 0.5)
        self.value.assign(tf.clip_by_value(self.value * factor, LOWEST, HIGHEST))
        self.steps.assign(tf.where(finite & ~rises, steps, tf.zeros_like(steps)))
