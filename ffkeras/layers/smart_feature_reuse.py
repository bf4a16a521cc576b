"""Smart feature reuse (V2 Ultra, innovation 1; no parameters of its own)."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block


class SmartFeatureReuse(Block):
    """F3 += attention(F4) and F5 resized to it; F5 += attention(F4) and F3 resized to it.

    Args:
        attention: the pyramid's shared attention.
    """

    def __init__(self, attention: Block, **kwargs):
        super().__init__(**kwargs)
        self.attention = attention
        self.up2, self.up4 = keras.layers.UpSampling2D(2), keras.layers.UpSampling2D(4)
        self.down2, self.down4 = keras.layers.AveragePooling2D(2), keras.layers.AveragePooling2D(4)
        self.add3, self.add5 = keras.layers.Add(), keras.layers.Add()

    def call(self, levels):
        """(F3, F4, F5) -> (F3, F4, F5), each [B, H, W, C]."""
        f3, f4, f5 = levels
        attended = self.attention(f4)
        return (
            self.add3([f3, self.up2(attended), self.up4(f5)]),
            f4,
            self.add5([f5, self.down2(attended), self.down4(f3)]),
        )
