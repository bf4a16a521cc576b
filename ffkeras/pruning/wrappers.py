"""tfmot's pruning wrapper, schedule and mask update, for whole filters of coupled layers instead of single weights.

Two defects are common in filter pruning by geometric median: ranking by the distance to one chosen median filter
instead of the sum of distances to all, and masks that never let a filter return.
"""

from tensorflow_model_optimization.python.core.sparsity.keras.pruning_impl import Pruning
from tensorflow_model_optimization.python.core.sparsity.keras.pruning_schedule import PolynomialDecay
from tensorflow_model_optimization.python.core.sparsity.keras.pruning_wrapper import PruneLowMagnitude

from ffkeras.backend import keras, tf
from ffkeras.pruning.dimensions import Dimension
from ffkeras.pruning.fpgm import keep_mask, sum_of_distances, unit_filters

BLOCK = (1, 1)  # tfmot's block sparsity, which filters have no use for
POWER = 3.0  # of the polynomial (Zhu & Gupta 2017)
NEVER_KEPT = -1.0  # below any sum of distances


class FilterSchedule(PolynomialDecay):
    """The share of pruned units rises to its final value over the ramp, then stays; masks are renewed all along.

    Args:
        ramp_steps: training steps until the final share.
        frequency: steps from one renewal of the masks to the next.

    Attributes:
        final_sparsity: variable, 0..1; it can be changed between runs without tracing the training step again.
    """

    def __init__(self, ramp_steps: int, frequency: int):
        super().__init__(0.0, 0.0, begin_step=0, end_step=ramp_steps, power=POWER, frequency=frequency)
        self.final_sparsity = tf.Variable(0.0, trainable=False)

    def _should_prune_in_step(self, step, begin_step, end_step, frequency):
        del end_step  # tfmot would stop there, and recovering filters would stay
        return super()._should_prune_in_step(step, begin_step, -1, frequency)


class PruneFilters(PruneLowMagnitude):
    """Wraps a convolution and keeps the mask of its filters.

    The masks are set by the `FilterPruning` of the dimension, once a step for all coupled layers.
    """

    pruning: list["FilterPruning"] = ()  # of the dimensions that the filters belong to

    def call(self, inputs, training=None, **kwargs):
        """The wrapped layer's output; hard masks are applied to its weights before."""
        if training:
            for pruning in self.pruning:
                pruning.weight_mask_op()
        return self.layer(inputs, **kwargs)


class FilterPruning(Pruning):
    """Chooses the units of one dimension to prune, and zeroes their filters in all layers that make them.

    Args:
        dimension: whose units are pruned.
        wrappers: of its producers, in their order.
        schedule: says when, and how many.
        step: variable, training steps so far.
        soft: zeroed filters go on learning and may be chosen again at the next renewal (He et al. 2018); otherwise
            they stay zero for ever.
    """

    def __init__(
        self,
        dimension: Dimension,
        wrappers: list[PruneFilters],
        schedule: FilterSchedule,
        step: tf.Variable,
        soft: bool,
    ):
        pruning_vars = [wrapper.pruning_vars[0] for wrapper in wrappers]
        super().__init__(lambda: step, pruning_vars, schedule, BLOCK, "AVG")
        self.dimension, self.soft = dimension, soft
        self.alive = tf.Variable(tf.ones(dimension.size), trainable=False)  # 1 for a unit that is kept

    def choose(self) -> tf.Tensor:
        """The units to keep now, float32 [size] of ones and zeros."""
        size = self.dimension.size
        pruned = tf.round(size * self._pruning_schedule(self._step_fn())[1])
        distances = sum_of_distances(unit_filters(self.dimension))
        if not self.soft:
            distances = tf.where(self.alive > 0, distances, NEVER_KEPT)
        return tf.cast(keep_mask(distances, size - tf.cast(pruned, tf.int32)), tf.float32)

    def conditional_mask_update(self):
        """Where the schedule says so, choose anew and zero the filters of the pruned units."""

        def renew():
            self.alive.assign(self.choose())
            for producer, (weight, mask, _) in zip(self.dimension.producers, self._pruning_vars, strict=True):
                on_filters = self._on_filters(producer, weight.shape[-1], mask[(0,) * (len(weight.shape) - 1)])
                mask.assign(tf.broadcast_to(on_filters, weight.shape))
                weight.assign(weight * mask)
            self._silence_shifts()
            return tf.no_op()

        return tf.cond(self._pruning_schedule(self._step_fn())[0], renew, tf.no_op)

    def weight_mask_op(self):
        """Keep pruned filters at zero between renewals; soft ones are left to learn."""
        if self.soft:
            return tf.no_op()
        self._silence_shifts()
        return super().weight_mask_op()

    def reset(self) -> None:
        """All units are kept again."""
        self.alive.assign(tf.ones(self.dimension.size))
        for _, mask, _ in self._pruning_vars:
            mask.assign(tf.ones(mask.shape))

    def _on_filters(self, producer, filters: int, present: tf.Tensor) -> tf.Tensor:
        """The mask of a layer's filters [filters]; those of other dimensions stay as they are."""
        indices = tf.reshape(tf.constant(producer.filters), (-1, 1))
        values = tf.repeat(self.alive, producer.filters.shape[1])
        return tf.tensor_scatter_nd_update(tf.reshape(present, (filters,)), indices, values)

    def _silence_shifts(self) -> None:
        """A filter of zeros still says something if a bias or its BatchNorm adds to it."""
        for producer, (_, mask, _) in zip(self.dimension.producers, self._pruning_vars, strict=True):
            on_filters = mask[(0,) * (len(mask.shape) - 1)]
            if producer.norm is not None:
                producer.norm.beta.assign(producer.norm.beta * on_filters)
            if getattr(producer.layer, "bias", None) is not None:
                producer.layer.bias.assign(producer.layer.bias * on_filters)


def wrap(layer: keras.layers.Layer, schedule: FilterSchedule) -> PruneFilters:
    """A wrapper around a built convolution, with the mask made."""
    wrapper = PruneFilters(layer, pruning_schedule=schedule)
    wrapper.build(None)
    return wrapper
