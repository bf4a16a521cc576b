"""tfmot's pruning wrapper, schedule and mask update, for whole filters of coupled layers instead of single weights.

Two defects are common in filter pruning by geometric median: ranking by the distance to one chosen median filter
instead of the sum of distances to all, and masks that never let a filter return.
"""

import numpy as np
from tensorflow_model_optimization.python.core.sparsity.keras.pruning_impl import Pruning
from tensorflow_model_optimization.python.core.sparsity.keras.pruning_schedule import PolynomialDecay
from tensorflow_model_optimization.python.core.sparsity.keras.pruning_wrapper import PruneLowMagnitude

from ffkeras.backend import keras, tf
from ffkeras.pruning.dimensions import Dimension, Producer
from ffkeras.pruning.fpgm import keep_mask, sum_of_distances, unit_filters

BLOCK = (1, 1)  # tfmot's block sparsity, which filters have no use for
POWER = 3.0  # of the polynomial (Zhu & Gupta 2017)
SPARK = 1e-3  # shift of a softly silenced filter: at zero a rectifier passes no gradient, and it would never return
NEVER_KEPT = -1.0  # below any sum of distances


def scaling_layer(producer: Producer) -> keras.layers.Layer:
    """The layer whose weights are zeroed to switch a filter off: the BatchNorm after the convolution, if there is one.

    BatchNorm divides a filter by its own size, so that one that begins to grow again from zero would be as loud as
    before at its first step, and in a random direction. Its scale grows slowly.
    """
    return producer.layer if producer.norm is None else producer.norm


class PruneFilters(PruneLowMagnitude):
    """Keeps the masks of the filters that a layer scales (see `scaling_layer`).

    All its weights but statistics have the filters last: kernel and bias, or BatchNorm's scale and shift.
    """

    def __init__(self, layer: keras.layers.Layer, pruning_schedule: PolynomialDecay, **kwargs):
        layer.get_prunable_weights = lambda: list(layer.trainable_weights)  # what tfmot asks for
        super().__init__(layer, pruning_schedule=pruning_schedule, **kwargs)


class FilterPruning(Pruning):
    """Chooses the units of one dimension to prune, and zeroes them in all layers that make them.

    Args:
        dimension: whose units are pruned.
        wrappers: of its producers' scaling layers, in their order.
        schedule: the share of pruned units over the steps; masks are renewed until its end, and kept then.
        step: variable, training steps so far.
        soft: until the schedule's end, zeroed filters go on learning and may be kept at the next renewal (He et al.
            2018); otherwise they stay zero from the first.
    """

    def __init__(
        self,
        dimension: Dimension,
        wrappers: list[PruneFilters],
        schedule: PolynomialDecay,
        step: tf.Variable,
        soft: bool,
    ):
        pruning_vars = [entry for wrapper in wrappers for entry in wrapper.pruning_vars]
        super().__init__(lambda: step, pruning_vars, schedule, BLOCK, "AVG")
        self.dimension, self.soft = dimension, soft
        self.alive = tf.Variable(tf.ones(dimension.size), trainable=False)  # 1 for a unit that is kept
        self._filters = [
            producer.filters
            for producer, wrapper in zip(dimension.producers, wrappers, strict=True)
            for _ in wrapper.pruning_vars
        ]
        shifts = {id(producer.norm.beta) for producer in dimension.producers if producer.norm is not None}
        self._sparks = [SPARK if id(weight) in shifts else 0.0 for weight, _, _ in pruning_vars]

    def choose(self) -> tf.Tensor:
        """The units to keep now, float32 [size] of ones and zeros."""
        size = self.dimension.size
        pruned = tf.round(size * self._pruning_schedule(self._step_fn())[1])
        distances = sum_of_distances(unit_filters(self.dimension))
        if not self.soft:
            distances = tf.where(self.alive > 0, distances, NEVER_KEPT)
        return tf.cast(keep_mask(distances, size - tf.cast(pruned, tf.int32)), tf.float32)

    def conditional_mask_update(self):
        """Where the schedule says so, choose anew and zero the pruned units."""

        def renew():
            self.alive.assign(self.choose())
            for (_, mask, _), filters in zip(self._pruning_vars, self._filters, strict=True):
                mask.assign(self._renewed(mask, filters))
            self._apply_masks()
            if self.soft:
                for (weight, mask, _), spark in zip(self._pruning_vars, self._sparks, strict=True):
                    weight.assign_add(spark * (1.0 - mask))
            return tf.no_op()

        return tf.cond(self._pruning_schedule(self._step_fn())[0], renew, tf.no_op)

    def weight_mask_op(self):
        """Keep pruned units at zero between renewals; soft ones only from the end of the schedule."""

        def apply():
            self._apply_masks()
            return tf.no_op()

        held = tf.logical_or(not self.soft, self._step_fn() > self._pruning_schedule.end_step)
        return tf.cond(held, apply, tf.no_op)

    def reset(self) -> None:
        """All units are kept again."""
        self.alive.assign(tf.ones(self.dimension.size))
        for _, mask, _ in self._pruning_vars:
            mask.assign(tf.ones(mask.shape))

    def _apply_masks(self) -> None:
        for weight, mask, _ in self._pruning_vars:
            weight.assign(weight * mask)

    def _renewed(self, mask: tf.Variable, filters: np.ndarray) -> tf.Tensor:
        """A weight's mask with this dimension's filters as they are alive; those of other dimensions stay."""
        indices = tf.reshape(tf.constant(filters), (-1, 1))
        present = tf.reshape(mask, (-1, mask.shape[-1]))[0]
        alive = tf.tensor_scatter_nd_update(present, indices, tf.repeat(self.alive, filters.shape[1]))
        return tf.broadcast_to(alive, mask.shape)


def make_schedule(ramp_steps: int, frequency: int) -> PolynomialDecay:
    """The share of pruned units rises over the ramp (Zhu & Gupta 2017); the last renewal is at its end.

    Its `final_sparsity` is a variable: it can be changed between runs without tracing the training step again.
    """
    schedule = PolynomialDecay(0.0, 0.0, ramp_steps % frequency, ramp_steps, power=POWER, frequency=frequency)
    schedule.final_sparsity = tf.Variable(0.0, trainable=False)
    return schedule


def wrap(layer: keras.layers.Layer, schedule: PolynomialDecay) -> PruneFilters:
    """A wrapper around a built layer, with its masks made."""
    wrapper = PruneFilters(layer, schedule)
    wrapper.build(None)
    return wrapper
