"""Max pooling with zeros at the border, as the published V1 downsamples in its BiFPN."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block


class ZeroPaddedPooling(Block):
    """3x3 max pool at stride 2 over the map and one row and column of zeros at its bottom and right.

    TensorFlow's SAME pooling pads with minus infinity there, which differs where a whole window is negative.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.pad = keras.layers.ZeroPadding2D(((0, 1), (0, 1)))
        self.pool = keras.layers.MaxPooling2D(3, 2)

    def call(self, x):
        """[B, H, W, C] -> [B, H / 2, W / 2, C]; H and W even."""
        return self.pool(self.pad(x))
