"""Attention over a sequence of scales (ASSN 2024; Nano-B's P3)."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block, Filters
from ffkeras.layers.cbam import SpatialGate
from ffkeras.layers.channel_slice import ChannelSlice
from ffkeras.layers.conv_bn import ConvBN
from ffkeras.layers.convolution import Conv2D

SCALES = (1, 2, 4)  # the map is pooled to 1, 1/2, 1/4


class ASSN(Block):
    """x + spatial gate of the scales' weighted sum.

    The map is pooled to each scale, passed through a bottleneck and resized back; at every place a softmax says how
    much of each scale to take; the sum is brought back to full width, gated in space and added to the input.

    Args:
        channels: of the input.
        width: of the bottlenecks; one number, since their maps are summed.
        activation: in the bottlenecks, see `make_activation`.
        zero_in_maximum: see `SpatialGate`.
    """

    def __init__(self, channels: int, width: int, activation: str, zero_in_maximum: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.pools = [keras.layers.AveragePooling2D(scale) for scale in SCALES[1:]]
        self.bottlenecks = [ConvBN(width, 1, activation=activation) for _ in SCALES]
        self.ups = [keras.layers.UpSampling2D(scale) for scale in SCALES[1:]]
        self.concatenate = keras.layers.Concatenate()
        self.attention = Conv2D(len(SCALES), 1)
        self.softmax = keras.layers.Softmax()
        self.weight_of_scale = [ChannelSlice(i, i + 1) for i in range(len(SCALES))]
        self.multiply, self.sum = keras.layers.Multiply(), keras.layers.Add()
        self.expand = ConvBN(channels, 1)
        self.spatial_gate = SpatialGate(zero_in_maximum)
        self.add = keras.layers.Add()

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C]; H and W multiples of 4."""
        first, *others = self.bottlenecks
        maps = [first(x)]
        for pool, bottleneck, up in zip(self.pools, others, self.ups, strict=True):
            maps.append(up(bottleneck(pool(x))))
        weights = self.softmax(self.attention(self.concatenate(maps)))  # [B, H, W, scales]
        parts = [self.multiply([m, take(weights)]) for m, take in zip(maps, self.weight_of_scale, strict=True)]
        return self.add([x, self.spatial_gate(self.expand(self.sum(parts)))])

    def width(self, filters: Filters) -> int:
        """The argument `width` for other numbers of filters, which are one number in all bottlenecks."""
        return filters(self.bottlenecks[0].convolution)
