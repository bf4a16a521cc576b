"""Backbone channels scaled to use one range, before it is quantised (after Nagel et al. 2019, sec. 4.1).

A tensor's int8 step is set by its widest channel. Where another channel uses a hundredth of that range, and the next
convolution enlarges it again, rounding noise is enlarged with it. A factor on the channel that leaves one convolution
and its inverse in the weights of the next change nothing in float32 and give every channel the whole range.
"""

import itertools
from collections.abc import Sequence

import numpy as np

from ffkeras.backend import keras, tf
from ffkeras.layers import MobileNetV1
from ffkeras.layers.backbone import LEVEL_ENDS
from ffkeras.layers.conv_bn import ConvBN
from ffkeras.models.build import build_model
from ffkeras.models.featherface import FeatherFace

IMAGES = 64  # more do not move the peaks
RELU6_PEAK = 6.0
SMALLEST_PEAK = 1e-6  # below it a channel is always off
HEADROOM = 1.25  # peaks may be this much higher in images that calibration did not see, before ReLU6 cuts them


def equalize_backbone(model: FeatherFace, canvases: Sequence[np.ndarray]) -> FeatherFace:
    """A copy of the network with equalised backbone channels; its outputs are the same, rounding apart.

    Only factors above one are used: a smaller one would let through what ReLU6 cuts off.

    Args:
        model: the network; it is left as it is.
        canvases: representative images, uint8 BGR [H, W, 3], letterboxed.
    """
    copy = build_model(model.config)
    copy.set_weights(model.get_weights())
    units = _units(copy.backbone)
    peaks = _channel_peaks(units, canvases[:IMAGES], model.config.mean)
    ceiling = RELU6_PEAK if model.config.backbone.activation == "relu6" else np.inf
    branching = {2 + 2 * block for block in LEVEL_ENDS}  # outputs that more than the next unit uses
    for i, (unit, following) in enumerate(itertools.pairwise(units)):
        if i not in branching:
            _rescale(unit, following, _factors(peaks[i], following, min(ceiling, peaks[i].max() * HEADROOM)))
    return copy


def _units(backbone: MobileNetV1) -> list[ConvBN]:
    """The backbone's convolutions in order; each takes the output of the one before."""
    return [backbone.stem, *(unit for block in backbone.blocks for unit in (block.depthwise, block.pointwise))]


def _channel_peaks(units: Sequence[ConvBN], canvases: Sequence[np.ndarray], mean: Sequence[float]) -> list[np.ndarray]:
    """For each unit the largest absolute output of each channel, [C]."""

    @tf.function(reduce_retracing=True)
    def measure(x):
        peaks = []
        for unit in units:
            x = unit(x)
            peaks.append(tf.reduce_max(tf.abs(x), axis=(0, 1, 2)))
        return peaks

    batches = (canvas[None].astype(np.float32) - np.array(mean, np.float32) for canvas in canvases)
    by_image = [measure(batch) for batch in batches]
    return [np.max(peaks, axis=0) for peaks in zip(*by_image, strict=True)]


def _factors(peaks: np.ndarray, following: ConvBN, ceiling: float) -> np.ndarray:
    """How much to enlarge each channel, [C], so that it stays below the ceiling.

    A depthwise convolution has a weight scale for each channel and takes any factor. A pointwise one shares its weight
    scales among the channels it reads: what the activation gains the weights lose, and the geometric mean is fair to
    both.
    """
    room = ceiling / np.maximum(peaks * HEADROOM, SMALLEST_PEAK)
    factors = room
    if not isinstance(following.convolution, keras.layers.DepthwiseConv2D):
        weights = np.abs(following.convolution.kernel.numpy()).max(axis=(0, 1, 3))
        factors = np.sqrt(room * weights / weights.max())
    factors = np.clip(factors, 1, np.maximum(room, 1))
    return np.where(peaks > 0, factors, 1).astype(np.float32)


def _rescale(unit: ConvBN, following: ConvBN, factors: np.ndarray) -> None:
    unit.norm.gamma.assign(unit.norm.gamma * factors)
    unit.norm.beta.assign(unit.norm.beta * factors)
    if isinstance(following.convolution, keras.layers.DepthwiseConv2D):
        kernel = following.convolution.depthwise_kernel
    else:
        kernel = following.convolution.kernel
    kernel.assign(kernel / factors[:, None])  # [height, width, in, out]
