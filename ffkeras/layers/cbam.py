"""CBAM: Convolutional Block Attention Module (Woo et al. 2018)."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block, Filters
from ffkeras.layers.channel_gate import ChannelGate
from ffkeras.layers.spatial_gate import SpatialGate


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
