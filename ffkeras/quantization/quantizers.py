"""How weights and tensors are rounded in training: quantizers and configurations for tfmot's wrappers."""

from collections.abc import Sequence

import numpy as np
from tensorflow_model_optimization.quantization.keras import QuantizeConfig
from tensorflow_model_optimization.quantization.keras.quantizers import Quantizer

from ffkeras.backend import keras, tf

BITS = 8
SMALLEST_PEAK = 1e-6  # of a channel's weights: below it a scale would be zero


class KernelQuantizer(Quantizer):
    """Symmetric int8 weights, one scale for each output channel, from the largest weight there.

    The layer's variable holds the weights in units, one for each output channel, so that a step of the optimizer is as
    large a part of them in every layer: folded kernels differ in size by factors of ten thousand.

    tfmot's own quantizer rounds depthwise kernels with one scale for all channels, where TFLite has one each, and keeps
    the ranges as state, which then differ from those of averaged weights.

    Args:
        units: what the number one stands for in each output channel, above zero.
    """

    def __init__(self, units: Sequence[float]):
        self.units = [float(unit) for unit in units]

    def build(self, tensor_shape, name, layer) -> dict:
        """The units as a variable of `layer`, saved with the weights and not trained."""
        initializer = keras.initializers.Constant(self.units)
        shape = (len(self.units),)
        return {"units": layer.add_weight(f"{name}_units", shape, initializer=initializer, trainable=False)}

    def __call__(self, inputs, training, weights, **kwargs):
        """A kernel [h, w, in, out] in units -> the rounded kernel."""
        return round_kernel(inputs * weights["units"])

    def get_config(self) -> dict:
        """Arguments to make it again."""
        return {"units": self.units}


class DepthwiseKernelQuantizer(KernelQuantizer):
    """`KernelQuantizer` for a depthwise kernel [h, w, in, multiplier], whose output channels are the last two axes."""

    def __call__(self, inputs, training, weights, **kwargs):
        """A kernel in units -> the rounded kernel."""
        height, width, channels, multiplier = inputs.shape
        flat = tf.reshape(inputs, (height, width, 1, channels * multiplier))
        return tf.reshape(round_kernel(flat * weights["units"]), inputs.shape)


def round_kernel(kernel):
    """Weights [h, w, in, out] as their int8 values stand for; the gradient passes through."""
    peak = tf.maximum(tf.reduce_max(tf.abs(tf.stop_gradient(kernel)), axis=(0, 1, 2)), SMALLEST_PEAK)  # [out]
    return tf.quantization.fake_quant_with_min_max_vars_per_channel(kernel, -peak, peak, BITS, narrow_range=True)


def round_tensor(x, low, high):
    """Numbers as the int8 values of the range [low, high] stand for; no gradient passes where the range clips."""
    return tf.quantization.fake_quant_with_min_max_vars(x, low, high, BITS)


class ConvolutionConfig(QuantizeConfig):
    """Rounds the kernel of a Conv2D or DepthwiseConv2D; its output is rounded after the rectifier, by the network.

    Args:
        units: see `KernelQuantizer`.
    """

    def __init__(self, units: Sequence[float]):
        self.units = units

    def get_weights_and_quantizers(self, layer):
        """The kernel, and how it is rounded."""
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            return [(layer.depthwise_kernel, DepthwiseKernelQuantizer(self.units))]
        return [(layer.kernel, KernelQuantizer(self.units))]

    def set_quantize_weights(self, layer, quantize_weights):
        """Put the rounded kernel where the layer looks for it."""
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            layer.depthwise_kernel = quantize_weights[0]
        else:
            layer.kernel = quantize_weights[0]

    def get_activations_and_quantizers(self, layer):
        """None."""
        return []

    def set_quantize_activations(self, layer, quantize_activations):
        """None are."""
        del layer, quantize_activations  # tfmot has this traced, and a body of one docstring cannot be

    def get_output_quantizers(self, layer):
        """None."""
        return []

    def get_config(self) -> dict:
        """Arguments to make it again."""
        return {"units": list(self.units)}


def to_units(layer: keras.layers.Layer) -> np.ndarray:
    """Divide a convolution's kernel by the largest weight of each output channel, and give these units [out]."""
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    kernel = layer.depthwise_kernel if depthwise else layer.kernel
    peaks = np.abs(kernel.numpy()).max(axis=(0, 1) if depthwise else (0, 1, 2))  # [in, multiplier] or [out]
    peaks = np.maximum(peaks, SMALLEST_PEAK)
    kernel.assign(kernel / peaks)
    return peaks.ravel()
