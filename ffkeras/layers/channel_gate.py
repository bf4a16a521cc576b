"""CBAM's channel gate (Woo et al. 2018, eq. 2)."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block


class ChannelGate(Block):
    """x * sigmoid(mlp(global average) + mlp(global maximum)), one MLP for both.

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
