"""Modulated deformable convolution (DCNv2, Zhu et al. 2019, sec. 3.2)."""

import numpy as np

from ffkeras.backend import keras, tf
from ffkeras.layers.activation import make_activation
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

    def call(self, inputs):
        """Convolve.

        Args:
            inputs: x [B, H, W, C], offsets [B, H, W, 18] in pixels as (dy, dx), modulator logits [B, H, W, 9].

        Returns:
            [B, H, W, filters].
        """
        x, offsets, logits = inputs
        size = tf.shape(x)
        batch, height, width, channels = size[0], size[1], size[2], x.shape[-1]
        samples = self._sample(x, self._positions(offsets, height, width), height, width)
        samples *= MODULATION * tf.reshape(tf.sigmoid(logits), (batch, -1, 1))  # [B, H * W * 9, C]
        samples = tf.reshape(samples, (batch, height, width, TAPS * channels))
        kernel = tf.reshape(self.kernel, (1, 1, TAPS * channels, self.filters))
        return tf.nn.conv2d(samples, kernel, 1, "VALID")

    @staticmethod
    def _positions(offsets, height, width):
        """[B, H, W, 18] -> [B, H * W * 9, 2], (y, x) of each sample in pixels; at most one pixel outside the map."""
        rows, columns = tf.meshgrid(tf.range(height), tf.range(width), indexing="ij")
        centres = tf.cast(tf.stack([rows, columns], axis=-1), offsets.dtype)[:, :, None]  # [H, W, 1, 2]
        moved = centres + TAP_POSITIONS + tf.reshape(offsets, (-1, height, width, TAPS, 2))
        limits = tf.cast(tf.stack([height, width]), offsets.dtype)
        return tf.reshape(tf.clip_by_value(moved, -1.0, limits), (-1, height * width * TAPS, 2))

    @staticmethod
    def _sample(x, positions, height, width):
        """Bilinear samples [B, N, C] of x [B, H, W, C] at positions [B, N, 2], each from -1 to H or W."""
        framed = tf.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))  # the zeros outside
        pixels = tf.reshape(framed, (tf.shape(x)[0], -1, x.shape[-1]))
        # The upper left of the four neighbours; at the far edge one further in, so that all four exist.
        corner = tf.minimum(tf.floor(positions), tf.cast(tf.stack([height, width]) - 1, positions.dtype))
        fraction = positions - corner
        corner = tf.cast(corner, tf.int32) + 1  # in the framed map
        first = corner[..., 0] * (width + 2) + corner[..., 1]
        total = 0.0
        for down in (0, 1):
            for right in (0, 1):
                vertical = fraction[..., 0] if down else 1.0 - fraction[..., 0]
                horizontal = fraction[..., 1] if right else 1.0 - fraction[..., 1]
                neighbour = tf.gather(pixels, first + down * (width + 2) + right, batch_dims=1)
                total += (vertical * horizontal)[..., None] * neighbour
        return total

    def get_prunable_weights(self) -> list:
        """What tfmot's pruning wrapper masks."""
        return [self.kernel]

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
        self.norm = keras.layers.BatchNormalization(momentum=BN_MOMENTUM, epsilon=BN_EPSILON)
        self.activation = None if activation == "linear" else make_activation(activation)

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, filters]."""
        x = self.norm(self.convolution([x, self.offsets(x), self.modulators(x)]))
        return x if self.activation is None else self.activation(x)
