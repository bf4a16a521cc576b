"""CBAM's spatial gate (Woo et al. 2018, eq. 3)."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block
from ffkeras.layers.channel_statistics import ChannelMax, ChannelMean
from ffkeras.layers.conv_bn import ConvBN

KERNEL_SIZE = 7


class SpatialGate(Block):
    """x * sigmoid(BN(conv7x7([max over channels, mean over channels])))."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.maximum, self.mean = ChannelMax(), ChannelMean()
        self.concatenate = keras.layers.Concatenate()
        self.convolution = ConvBN(1, KERNEL_SIZE)
        self.sigmoid = keras.layers.Activation("sigmoid")
        self.multiply = keras.layers.Multiply()

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C]."""
        maps = self.concatenate([self.maximum(x), self.mean(x)])  # [B, H, W, 2]
        return self.multiply([x, self.sigmoid(self.convolution(maps))])
