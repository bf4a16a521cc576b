"""Grouped convolution that trains fast on a CPU and is exported as one native operation.

TensorFlow computes `Conv2D(groups=g)` on a CPU through XLA, which makes training tens of times slower. The same sum is
a plain convolution with a block-diagonal kernel: g times the multiplications, but in one fast call, and its gradient
is the grouped one. Importing `ffkeras.layers` puts that into Keras' grouped `Conv2D`; `native_grouped_convolution`
takes it out again while a graph is traced for export.
"""

import contextlib
from collections.abc import Iterator

import numpy as np
from tf_keras.src.layers.convolutional.base_conv import Conv

from ffkeras.backend import tf

_keras_grouped_convolution = Conv._jit_compiled_convolution_op


def block_diagonal_mask(in_channels: int, filters: int, groups: int) -> np.ndarray:
    """[1, 1, in_channels, filters] of ones where input and output channel are in one group, else zeros."""
    source = np.arange(in_channels) // (in_channels // groups)
    target = np.arange(filters) // (filters // groups)
    return (source[:, None] == target[None, :]).astype(np.float32)[None, None]


def _dense_grouped_convolution(self, inputs, kernel):
    in_channels = kernel.shape[2] * self.groups
    mask = block_diagonal_mask(in_channels, kernel.shape[3], self.groups)
    return self.convolution_op(inputs, tf.tile(kernel, (1, 1, self.groups, 1)) * mask)


Conv._jit_compiled_convolution_op = _dense_grouped_convolution


@contextlib.contextmanager
def native_grouped_convolution() -> Iterator[None]:
    """Inside this context grouped convolutions are traced as TensorFlow's own, which TFLite turns into one CONV_2D."""
    Conv._jit_compiled_convolution_op = _keras_grouped_convolution
    try:
        yield
    finally:
        Conv._jit_compiled_convolution_op = _dense_grouped_convolution
