"""Progressive enhancement (V2 Ultra, innovation 3; no parameters)."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block


class ProgressiveEnhancement(Block):
    """F3 is sharpened first, then F4 takes in the new F3, then F5 both.

    Sharpening adds what stands out from the 3x3 neighbourhood: F3 + (F3 - local mean), which small faces live on.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.local_mean = keras.layers.AveragePooling2D(3, 1, padding="same")
        self.subtract = keras.layers.Subtract()
        self.down2, self.down4 = keras.layers.AveragePooling2D(2), keras.layers.AveragePooling2D(4)
        self.add3, self.add4, self.add5 = (keras.layers.Add() for _ in range(3))

    def call(self, levels):
        """(F3, F4, F5) -> (F3, F4, F5), each [B, H, W, C]."""
        f3, f4, f5 = levels
        f3 = self.add3([f3, self.subtract([f3, self.local_mean(f3)])])
        f4 = self.add4([f4, self.down2(f3)])
        f5 = self.add5([f5, self.down2(f4), self.down4(f3)])
        return f3, f4, f5
