"""Filter pruning via geometric median (He et al. 2019): the filters nearest to all others are replaced best by them.

A unit's filters in all convolutions that make its channel are judged as one, so that coupled layers agree on what
goes. Each layer's filters are brought to a mean square length of one before, so that none speaks louder than another.
"""

from collections.abc import Mapping

import numpy as np

from ffkeras.backend import tf
from ffkeras.pruning.dimensions import Dimension, Producer, PruningMap

SMALLEST = 1e-12  # mean square of a layer's filters, where all are zero

Kept = Mapping[str, np.ndarray]
"""Which units stay, bool [size], by the name of the dimension."""


def sum_of_distances(filters: tf.Tensor) -> tf.Tensor:
    """How far each filter is from all others together: the smallest is nearest to the geometric median (eq. 5).

    Args:
        filters: float32 [n, d].

    Returns:
        float32 [n].
    """
    squares = tf.reduce_sum(filters * filters, axis=1)
    squared = squares[:, None] + squares[None, :] - 2.0 * tf.matmul(filters, filters, transpose_b=True)
    return tf.reduce_sum(tf.sqrt(tf.maximum(squared, 0.0)), axis=1)


def unit_filters(dimension: Dimension) -> tf.Tensor:
    """The present weights of each unit of a dimension in one row, float32 [size, d].

    Convolutions that make vectors (the last one of a gate) have no say where others make maps.
    """
    makers = [producer for producer in dimension.producers if not producer.pooled] or dimension.producers
    return tf.concat([_filters_of(producer) for producer in makers], axis=1)


def _filters_of(producer: Producer) -> tf.Tensor:
    kernel = producer.layer.kernel
    filters = tf.transpose(tf.reshape(kernel, (-1, kernel.shape[-1])))  # [filters, weights]
    rows = tf.reshape(tf.gather(filters, producer.filters), (len(producer.filters), -1))  # [size, k * weights]
    mean_square = tf.reduce_mean(tf.reduce_sum(rows * rows, axis=1))
    return rows * tf.math.rsqrt(tf.maximum(mean_square, SMALLEST))


def keep_mask(distances: tf.Tensor, kept: tf.Tensor | int) -> tf.Tensor:
    """Bool [n]: the `kept` units of largest distance; of equals, the first."""
    order = tf.argsort(distances, direction="DESCENDING", stable=True)
    place = tf.argsort(order)  # the rank of each unit, the farthest first
    return place < kept


def choose(pruning_map: PruningMap, widths: Mapping[str, int]) -> Kept:
    """The units that stay at these widths, judged on the present weights.

    Args:
        pruning_map: of the network.
        widths: units kept, by the name of the dimension; others keep all.
    """
    return {
        dimension.name: keep_mask(sum_of_distances(unit_filters(dimension)), widths[dimension.name]).numpy()
        for dimension in pruning_map.dimensions
        if widths.get(dimension.name, dimension.size) < dimension.size
    }
