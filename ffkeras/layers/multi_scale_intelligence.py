"""Multi-scale intelligence (V2 Ultra, innovation 4; no parameters)."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block
from ffkeras.layers.channel_slice import ChannelSlice
from ffkeras.layers.channel_statistics import ChannelMean


class MultiScaleIntelligence(Block):
    """Each level is given the weighted sum of all levels; the weights come from the levels' own pooled features.

    weights = softmax over levels of the mean activations, these three scaled to length one, so that no level is shut
    out; the sum is taken at F4's size and resized to each level.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.pool = keras.layers.GlobalAveragePooling2D(keepdims=True)
        self.mean = ChannelMean()
        self.concatenate = keras.layers.Concatenate()
        self.normalise = keras.layers.UnitNormalization()
        self.softmax = keras.layers.Softmax()
        self.weights_of_level = [ChannelSlice(i, i + 1) for i in range(3)]
        self.multiplies = [keras.layers.Multiply() for _ in range(3)]
        self.up, self.down = keras.layers.UpSampling2D(2), keras.layers.AveragePooling2D(2)
        self.fuse = keras.layers.Add()
        self.adds = [keras.layers.Add() for _ in range(3)]

    def call(self, levels):
        """(F3, F4, F5) -> (F3, F4, F5), each [B, H, W, C]."""
        f3, f4, f5 = levels
        scores = self.concatenate([self.mean(self.pool(x)) for x in levels])
        weights = self.softmax(self.normalise(scores))  # [B, 1, 1, 3]
        resized = (self.down(f3), f4, self.up(f5))  # all at F4's size
        parts = [
            multiply([x, take(weights)])
            for multiply, take, x in zip(self.multiplies, self.weights_of_level, resized, strict=True)
        ]
        fused = self.fuse(parts)
        back = (self.up(fused), fused, self.down(fused))
        return tuple(add([x, y]) for add, x, y in zip(self.adds, levels, back, strict=True))
