"""Keras' Conv2D with forms of its own for what a CPU is slow at: gradients of 1x1 kernels, and groups."""

import numpy as np

from ffkeras.backend import keras, tf


class Conv2D(keras.layers.Conv2D):
    """Keras' Conv2D, with its name, weights and results.

    In training the gradient of a 1x1 kernel is a matrix product over all pixels: oneDNN's own takes up to twice as
    long, and several times as long on a few output channels with a bias, as detection heads have them.

    A grouped convolution is a plain one with a block-diagonal kernel: g times the multiplications, but in one fast
    call, and its gradient is the grouped one. TensorFlow computes groups on a CPU through XLA, which makes training
    tens of times slower.
    """

    def call(self, inputs, training=None, native_groups=False):
        """[B, H, W, C] -> [B, H / stride, W / stride, filters].

        Args:
            inputs: float32 [B, H, W, C].
            training: gradients will be taken.
            native_groups: groups as TensorFlow's own operation, which TFLite turns into one CONV_2D.
        """
        if not (training and self._is_pointwise) and (self.groups == 1 or native_groups):
            return super().call(inputs)
        outputs = self.convolve(inputs, tf.convert_to_tensor(self.kernel))
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def convolve(self, inputs, kernel):
        """The convolution alone, as in training.

        Args:
            inputs: [B, H, W, C].
            kernel: the layer's, or a cast of it, of the inputs' type.
        """
        if self._is_pointwise:
            return _pointwise(inputs, kernel)
        return self.convolution_op(inputs, kernel if self.groups == 1 else self._dense(kernel))

    @property
    def _is_pointwise(self) -> bool:
        return self.kernel_size == (1, 1) and self.strides == (1, 1) and self.groups == 1

    def _dense(self, kernel):
        """The kernel [h, w, C / groups, F] as one of all channels [h, w, C, F], zeros between the groups."""
        mask = block_diagonal_mask(kernel.shape[2] * self.groups, kernel.shape[3], self.groups)
        return tf.tile(kernel, (1, 1, self.groups, 1)) * tf.cast(mask, kernel.dtype)


def block_diagonal_mask(in_channels: int, filters: int, groups: int) -> np.ndarray:
    """[1, 1, in_channels, filters] of ones where input and output channel are in one group, else zeros."""
    source = np.arange(in_channels) // (in_channels // groups)
    target = np.arange(filters) // (filters // groups)
    return (source[:, None] == target[None, :]).astype(np.float32)[None, None]


@tf.custom_gradient
def _pointwise(x, kernel):
    """[B, H, W, C], [1, 1, C, F] -> [B, H, W, F]."""

    def gradients(of_outputs):
        of_x = tf.nn.conv2d(of_outputs, tf.transpose(kernel, (0, 1, 3, 2)), 1, "VALID")
        of_kernel = tf.matmul(_pixels(x), _pixels(of_outputs), transpose_a=True)
        return of_x, tf.reshape(of_kernel, kernel.shape)

    return tf.nn.conv2d(x, kernel, 1, "VALID"), gradients


def _pixels(x):
    """[B, H, W, C] -> [B * H * W, C]."""
    return tf.reshape(x, (-1, x.shape[-1]))
