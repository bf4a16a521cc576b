"""Convolution, BatchNorm, activation: the unit that int8 runtimes fuse into one operation."""

from ffkeras.backend import keras
from ffkeras.layers.activation import make_activation
from ffkeras.layers.batch_norm import BatchNorm
from ffkeras.layers.block import Block
from ffkeras.layers.convolution import Conv2D

BN_EPSILON = 1e-5  # PyTorch's default, which the published weights were trained with
BN_MOMENTUM = 0.97  # short runs: statistics must follow within a few hundred steps


class ConvBN(Block):
    """Convolution -> BatchNorm -> activation.

    Args:
        filters: output channels; None for a depthwise convolution, which keeps the channels of its input.
        kernel_size: side of the kernel.
        strides: 1 or 2.
        groups: groups of a grouped convolution.
        activation: see `make_activation`; `linear` adds no layer.
        padding: `same` (TensorFlow's), or `symmetric`: half a kernel of zeros on every side at stride 2 too, as in
            PyTorch.
        use_bias: a bias before the BatchNorm, as some published weights have.
        epsilon: BatchNorm's.
    """

    def __init__(
        self,
        filters: int | None,
        kernel_size: int = 3,
        strides: int = 1,
        groups: int = 1,
        activation: str = "linear",
        padding: str = "same",
        use_bias: bool = False,
        epsilon: float = BN_EPSILON,
        **kwargs,
    ):
        super().__init__(**kwargs)
        explicit = padding == "symmetric" and strides > 1 and kernel_size > 1
        self.pad = keras.layers.ZeroPadding2D(kernel_size // 2) if explicit else None
        mode = "valid" if explicit else "same"
        if filters is None:
            self.convolution = keras.layers.DepthwiseConv2D(
                kernel_size, strides, padding=mode, use_bias=use_bias, depthwise_initializer="he_normal"
            )
        else:
            self.convolution = Conv2D(
                filters,
                kernel_size,
                strides,
                padding=mode,
                groups=groups,
                use_bias=use_bias,
                kernel_initializer="he_normal",
            )
        self.norm = BatchNorm(momentum=BN_MOMENTUM, epsilon=epsilon)
        self.activation = None if activation == "linear" else make_activation(activation)

    def call(self, x):
        """[B, H, W, C] -> [B, H / strides, W / strides, filters]."""
        if self.pad is not None:
            x = self.pad(x)
        x = self.norm(self.convolution(x))
        return x if self.activation is None else self.activation(x)
