"""How weights and tensors are rounded in training: quantizers and configurations for tfmot's wrappers."""

from tensorflow_model_optimization.quantization.keras import QuantizeConfig
from tensorflow_model_optimization.quantization.keras.quantizers import Quantizer

from ffkeras.backend import keras, tf

BITS = 8
SMALLEST_PEAK = 1e-6  # of a channel's weights: below it a scale would be zero


class KernelQuantizer(Quantizer):
    """Symmetric int8 weights, one scale for each output channel, from the largest weight there.

    tfmot's own rounds depthwise kernels with one scale for all channels, where TFLite has one each, and keeps the
    ranges as state, which then differ from those of averaged weights.
    """

    def build(self, tensor_shape, name, layer) -> dict:
        """No state."""
        return {}

    def __call__(self, inputs, training, weights, **kwargs):
        """Round a kernel [h, w, in, out], or [h, w, in, multiplier] of a depthwise convolution."""
        return round_kernel(inputs)

    def get_config(self) -> dict:
        """No arguments."""
        return {}


class DepthwiseKernelQuantizer(KernelQuantizer):
    """`KernelQuantizer` for a depthwise kernel [h, w, in, 1], whose channels are the inputs."""

    def __call__(self, inputs, training, weights, **kwargs):
        """Round the kernel."""
        height, width, channels, multiplier = inputs.shape
        flat = round_kernel(tf.reshape(inputs, (height, width, 1, channels * multiplier)))
        return tf.reshape(flat, inputs.shape)


def round_kernel(kernel):
    """Weights [h, w, in, out] as their int8 values stand for; the gradient passes through."""
    peak = tf.maximum(tf.reduce_max(tf.abs(tf.stop_gradient(kernel)), axis=(0, 1, 2)), SMALLEST_PEAK)  # [out]
    return tf.quantization.fake_quant_with_min_max_vars_per_channel(kernel, -peak, peak, BITS, narrow_range=True)


def round_tensor(x, low, high):
    """Numbers as the int8 values of the range [low, high] stand for; no gradient passes where the range clips."""
    return tf.quantization.fake_quant_with_min_max_vars(x, low, high, BITS)


class ConvolutionConfig(QuantizeConfig):
    """Rounds the kernel of a Conv2D or DepthwiseConv2D; its output is rounded after the rectifier, by the network."""

    def get_weights_and_quantizers(self, layer):
        """The kernel, and how it is rounded."""
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            return [(layer.depthwise_kernel, DepthwiseKernelQuantizer())]
        return [(layer.kernel, KernelQuantizer())]

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
        """No arguments."""
        return {}
