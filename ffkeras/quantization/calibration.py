"""The ranges of all tensors, measured on images before the network learns to live with them."""

from collections.abc import Iterable

import numpy as np

from ffkeras.backend import keras, tf
from ffkeras.quantization.network import QuantizedFeatherFace
from ffkeras.quantization.scales import NARROWEST

STEPS = 255  # of an int8 range
MOST_PARTS = 64  # of a map's range that a mean's range may be: finer steps than a 64th of the map's say nothing


def calibrate_ranges(network: QuantizedFeatherFace, batches: Iterable) -> None:
    """Set each range to the mean over batches of the smallest and the largest number that a batch has there.

    Args:
        network: its weights are rounded while ranges are measured, its tensors are not.
        batches: float32 [B, H, W, 3] each, normalised, all of one shape; at least one.

    Raises:
        ValueError: no batch.
    """
    measure = tf.function(lambda images: _extremes(network, images))
    extremes = [measure(images).numpy() for images in batches]
    if not extremes:
        raise ValueError("ranges cannot be measured on no batch")
    lows, highs = np.mean(extremes, axis=0)  # [groups] each
    lows, highs = np.minimum(lows, 0), np.maximum(highs, 0)  # int8 must hold zero: padding is
    for group, (low, high) in network.scales.fixed.items():
        lows[group], highs[group] = low, high
    _widen(network, lows, highs)
    _align_means(network, lows, highs)
    network.ranges.assign(np.stack([lows, highs], axis=1))


def _extremes(network: QuantizedFeatherFace, images):
    """[2, groups]: smallest and largest number of each group in one batch; zero for groups that are not rounded."""
    lows, highs = [tf.zeros(())] * network.scales.count, [tf.zeros(())] * network.scales.count

    def note(group, x):
        lows[group] = tf.minimum(lows[group], tf.reduce_min(x))
        highs[group] = tf.maximum(highs[group], tf.reduce_max(x))
        return x

    network.run(images, note)
    return tf.stack([tf.stack(lows), tf.stack(highs)])


def _widen(network: QuantizedFeatherFace, lows: np.ndarray, highs: np.ndarray) -> None:
    """Give next to constant tensors, such as hidden units that are always off, a range that runtimes can scale to."""
    group_of = network.scales.group_of
    for operation in network.program.operations:
        group = group_of[operation.output]
        if group in network.scales.fixed:
            continue
        widest = max(highs[group_of[value]] - lows[group_of[value]] for value in operation.inputs)
        highs[group] = max(highs[group], lows[group] + NARROWEST * widest)


def _align_means(network: QuantizedFeatherFace, lows: np.ndarray, highs: np.ndarray) -> None:
    """Give the mean over a map a whole fraction of the map's scale.

    TFLite's optimised kernel rounds the map's zero point in steps of the mean once for all, so that with another scale
    each of its means is wrong by up to half a step in one direction, which other runtimes do not share.
    """
    group_of = network.scales.group_of
    for operation in network.program.operations:
        group = group_of[operation.output]
        if isinstance(operation.layer, keras.layers.GlobalAveragePooling2D) and group not in network.scales.fixed:
            source = group_of[operation.inputs[0]]
            lows[group], highs[group] = align_range(lows[group], highs[group], highs[source] - lows[source])


def align_range(low: float, high: float, width: float) -> tuple[float, float]:
    """The narrowest range that holds [low, high] and zero, of `width` by a whole number, with zero on a step.

    Args:
        low, high: the range to hold; low <= 0 <= high, within a width of `width`.
        width: of the range whose whole fraction is wanted.
    """
    for parts in range(int(width / max(high - low, width / MOST_PARTS)), 0, -1):
        step = width / parts / STEPS
        start = -np.ceil(-low / step) * step
        if start + STEPS * step >= high:
            return start, start + STEPS * step
    return -np.round(-low / width * STEPS) / STEPS * width, width - np.round(-low / width * STEPS) / STEPS * width
