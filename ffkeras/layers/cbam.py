"""CBAM: Convolutional Block Attention Module (Woo et al. 2018)."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block
from ffkeras.layers.channel_gate import ChannelGate
from ffkeras.layers.spatial_gate import SpatialGate


class CBAM(Block):
    """Channel gate, then spatial gate; with `residual`, relu(gated + x).

    Args:
        channels: of the input.
        reduction: of the channel gate's MLP.
        residual: add the input and rectify, as V1 and V2 Ultra do.
    """

    def __init__(self, channels: int, reduction: int = 16, residual: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.channel_gate = ChannelGate(channels, reduction)
        self.spatial_gate = SpatialGate()
        self.add = keras.layers.Add() if residual else None
        self.relu = keras.layers.ReLU() if residual else None

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C]."""
        gated = self.spatial_gate(self.channel_gate(x))
        return gated if self.add is None else self.relu(self.add([gated, x]))
