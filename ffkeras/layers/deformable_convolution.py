"""Modulated deformable convolution (DCNv2, Zhu et al. 2019, sec. 3.2)."""

import numpy as np

from ffkeras.backend import keras, tf
from ffkeras.layers.activation import make_activation
from ffkeras.layers.batch_norm import BatchNorm
from ffkeras.layers.bilinear_sampling import sample_bilinear
from ffkeras.layers.block import Block
from ffkeras.layers.conv_bn import BN_EPSILON, BN_MOMENTUM

KERNEL_SIZE = 3
TAPS = KERNEL_SIZE**2
TAP_POSITIONS = np.stack(np.mgrid[-1:2, -1:2], axis=-1).reshape(TAPS, 2).astype(np.float32)  # (dy, dx), row-major
MODULATION = 2.0  # 2 * sigmoid: a modulator of one where its convolution gives zero


class ModulatedConvolution(keras.layers.Layer):
    """3x3 convolution whose taps are moved by offsets and weighted by modulators: a primitive layer.

    Samples are bilinear; outside the map there are zeros.

    Args:
        filters: output channels.
    """

    use_bias = False  # asked for as with Keras' own convolutions

    def __init__(self, filters: int, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters

    def build(self, input_shape):
        """Make the kernel [3, 3, C, filters]."""
        shape = (KERNEL_SIZE, KERNEL_SIZE, input_shape[0][-1], self.filters)
        self.kernel = self.add_weight("kernel", shape, initializer="he_normal")
        super().build(input_shape)

    def call(self, inputs, gathered=False):
        """Convolve.

        Args:
            inputs: x [B, H, W, C], offsets [B, H, W, 18] in pixels as (dy, dx), modulator logits [B, H, W, 9].
            gathered: see `sample_bilinear`.

        Returns:
            [B, H, W, filters].
        """
        x, offsets, logits = inputs
        size = tf.shape(x)
        batch, height, width, channels = size[0], size[1], size[2], x.shape[-1]
        samples = sample_bilinear(x, self._positions(offsets, height, width), gathered)
        samples *= MODULATION * tf.reshape(tf.sigmoid(logits), (batch, -1, 1))  # [B, H * W * 9, C]
        samples = tf.reshape(samples, (batch, height, width, TAPS * channels))
        kernel = tf.reshape(self.kernel, (1, 1, TAPS * channels, self.filters))
        return tf.nn.conv2d(samples, kernel, 1, "VALID")

    @staticmethod
    def _positions(offsets, height, width):
        """[B, H, W, 18] -> [B, H * W * 9, 2], (y, x) of each sample in pixels."""
        rows, columns = tf.meshgrid(tf.range(height), tf.range(width), indexing="ij")
        centres = tf.cast(tf.stack([rows, columns], axis=-1), offsets.dtype)[:, :, None]  # [H, W, 1, 2]
        unmoved = tf.reshape(centres + TAP_POSITIONS, (height * width * TAPS, 2))
        return unmoved + tf.reshape(offsets, (-1, height * width * TAPS, 2))

    def get_config(self):
        """Arguments to make the layer again."""
        return {**super().get_config(), "filters": self.filters}


class DeformableConvBN(Block):
    """3x3 modulated deformable convolution -> BatchNorm -> activation.

    Two plain 3x3 convolutions of the input say where each tap looks (18 offsets) and how much it counts
    (9 modulators, 2 * sigmoid). They start at zero: a plain convolution.

    Args:
        filters: output channels.
        activation: see `make_activation`; `linear` adds no layer.
    """

    def __init__(self, filters: int, activation: str = "linear", **kwargs):
        super().__init__(**kwargs)
        self.offsets = keras.layers.Conv2D(2 * TAPS, KERNEL_SIZE, padding="same", kernel_initializer="zeros")
        self.modulators = keras.layers.Conv2D(TAPS, KERNEL_SIZE, padding="same", kernel_initializer="zeros")
        self.convolution = ModulatedConvolution(filters)
        self.norm = BatchNorm(momentum=BN_MOMENTUM, epsilon=BN_EPSILON)
        self.activation = None if activation == "linear" else make_activation(activation)

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, filters]."""
        x = self.norm(self.convolution([x, self.offsets(x), self.modulators(x)]))
        return x if self.activation is None else self.activation(x)
