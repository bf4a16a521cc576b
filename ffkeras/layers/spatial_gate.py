"""CBAM's spatial gate (Woo et al. 2018, eq. 3)."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block
from ffkeras.layers.channel_statistics import ChannelMax, ChannelMean
from ffkeras.layers.conv_bn import ConvBN

KERNEL_SIZE = 7


class SpatialGate(Block):
    """x * sigmoid(BN(conv7x7([max over channels, mean over channels]))).

    Args:
        zero_in_maximum: rectify the maximum: channels that pruning has removed were zero and took part in it.
    """

    def __init__(self, zero_in_maximum: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.maximum, self.mean = ChannelMax(), ChannelMean()
        self.relu = keras.layers.ReLU() if zero_in_maximum else None
        self.concatenate = keras.layers.Concatenate()
        self.convolution = ConvBN(1, KERNEL_SIZE)
        self.sigmoid = keras.layers.Activation("sigmoid")
        self.multiply = keras.layers.Multiply()

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C]."""
        maximum = self.maximum(x) if self.relu is None else self.relu(self.maximum(x))
        maps = self.concatenate([maximum, self.mean(x)])  # [B, H, W, 2]
        return self.multiply([x, self.sigmoid(self.convolution(maps))])
