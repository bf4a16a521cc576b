"""Depthwise separable convolution (MobileNetV1, Howard et al. 2017, sec. 3.1)."""

from ffkeras.layers.block import Block
from ffkeras.layers.conv_bn import ConvBN


class DepthwiseSeparable(Block):
    """3x3 depthwise -> BatchNorm -> activation -> 1x1 -> BatchNorm -> activation.

    Args:
        filters: output channels.
        strides: of the depthwise convolution.
        activation: after both, see `make_activation`.
        padding: see `ConvBN`.
    """

    def __init__(self, filters: int, strides: int = 1, activation: str = "relu6", padding: str = "same", **kwargs):
        super().__init__(**kwargs)
        self.depthwise = ConvBN(None, 3, strides, activation=activation, padding=padding)
        self.pointwise = ConvBN(filters, 1, activation=activation)

    def call(self, x):
        """[B, H, W, C] -> [B, H / strides, W / strides, filters]."""
        return self.pointwise(self.depthwise(x))
