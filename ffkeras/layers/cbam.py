"""CBAM: Convolutional Block Attention Module (Woo et al. 2018): its two gates, both, and one that levels share."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block, Filters
from ffkeras.layers.channel_statistics import ChannelMax, ChannelMean
from ffkeras.layers.conv_bn import ConvBN
from ffkeras.layers.sliced_pointwise import SlicedPointwise

SPATIAL_KERNEL_SIZE = 7


class ChannelGate(Block):
    """The gate over channels (eq. 2): x * sigmoid(mlp(global average) + mlp(global maximum)), one MLP for both.

    The MLP is two 1x1 convolutions: fully connected layers are quantised in a way that older runtimes cannot run.

    Args:
        channels: of the input.
        hidden: channels of the MLP's hidden layer.
    """

    def __init__(self, channels: int, hidden: int, **kwargs):
        super().__init__(**kwargs)
        self.average = keras.layers.GlobalAveragePooling2D(keepdims=True)
        self.maximum = keras.layers.GlobalMaxPooling2D(keepdims=True)
        self.reduce = keras.layers.Conv2D(hidden, 1, activation="relu")
        self.expand = keras.layers.Conv2D(channels, 1)
        self.add = keras.layers.Add()
        self.sigmoid = keras.layers.Activation("sigmoid")
        self.multiply = keras.layers.Multiply()

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C]."""
        average = self.expand(self.reduce(self.average(x)))  # [B, 1, 1, C]
        maximum = self.expand(self.reduce(self.maximum(x)))
        return self.multiply([x, self.sigmoid(self.add([average, maximum]))])


class SpatialGate(Block):
    """The gate over places (eq. 3): x * sigmoid(BN(conv7x7([max over channels, mean over channels]))).

    Args:
        zero_in_maximum: rectify the maximum: channels that pruning has removed were zero and took part in it.
    """

    def __init__(self, zero_in_maximum: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.maximum, self.mean = ChannelMax(), ChannelMean()
        self.relu = keras.layers.ReLU() if zero_in_maximum else None
        self.concatenate = keras.layers.Concatenate()
        self.convolution = ConvBN(1, SPATIAL_KERNEL_SIZE)
        self.sigmoid = keras.layers.Activation("sigmoid")
        self.multiply = keras.layers.Multiply()

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C]."""
        maximum = self.maximum(x) if self.relu is None else self.relu(self.maximum(x))
        maps = self.concatenate([maximum, self.mean(x)])  # [B, H, W, 2]
        return self.multiply([x, self.sigmoid(self.convolution(maps))])


class CBAM(Block):
    """Channel gate, then spatial gate; with `residual`, relu(gated + x).

    Args:
        channels: of the input.
        hidden: channels of the channel gate's hidden layer.
        residual: add the input and rectify, as V1 and V2 Ultra do.
        zero_in_maximum: see `SpatialGate`.
    """

    def __init__(self, channels: int, hidden: int, residual: bool = False, zero_in_maximum: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.channel_gate = ChannelGate(channels, hidden)
        self.spatial_gate = SpatialGate(zero_in_maximum)
        self.add = keras.layers.Add() if residual else None
        self.relu = keras.layers.ReLU() if residual else None

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C]."""
        gated = self.spatial_gate(self.channel_gate(x))
        return gated if self.add is None else self.relu(self.add([gated, x]))

    def hidden_width(self, filters: Filters) -> int:
        """The argument `hidden` for other numbers of filters."""
        return filters(self.channel_gate.reduce)


class SharedCBAM(Block):
    """Residual CBAM, relu(cbam(x) + x), for several levels (the spec's SharedCBAMManager).

    One channel MLP and one spatial gate serve every level that it is called on. The MLP has the weights of the
    widest level; narrower levels use the leading part of them.

    Args:
        widths: channels of the levels, in any order.
        hidden: channels of the MLP's hidden layer.
        zero_in_maximum: see `SpatialGate`.
    """

    def __init__(self, widths: tuple[int, ...], hidden: int, zero_in_maximum: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.average = keras.layers.GlobalAveragePooling2D(keepdims=True)
        self.maximum = keras.layers.GlobalMaxPooling2D(keepdims=True)
        self.reduce = SlicedPointwise(max(widths), hidden, activation="relu")
        self.expand = SlicedPointwise(hidden, max(widths))
        self.add_logits = keras.layers.Add()
        self.sigmoid = keras.layers.Activation("sigmoid")
        self.multiply = keras.layers.Multiply()
        self.spatial_gate = SpatialGate(zero_in_maximum)
        self.add = keras.layers.Add()
        self.relu = keras.layers.ReLU()

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C]; C is one of the widths."""
        channels = x.shape[-1]
        average = self.expand(self.reduce(self.average(x)), filters=channels)  # [B, 1, 1, C]
        maximum = self.expand(self.reduce(self.maximum(x)), filters=channels)
        gated = self.multiply([x, self.sigmoid(self.add_logits([average, maximum]))])
        return self.relu(self.add([self.spatial_gate(gated), x]))

    def hidden_width(self, filters: Filters) -> int:
        """The argument `hidden` for other numbers of filters."""
        return filters(self.reduce)
