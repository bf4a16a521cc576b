"""Multi-scale semantic enhancement of a pyramid level (MSE-FPN, Scientific Reports 2024; Nano-B)."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block, Filters
from ffkeras.layers.conv_bn import ConvBN


class MSEFPN(Block):
    """x + gate * (guided - x), guided = channel guidance * (x + injected context).

    Injection: global context through a bottleneck, added at every place. Guidance: a bottleneck and a sigmoid on the
    pooled map. Gate: depthwise 3x3, BatchNorm, sigmoid.

    Args:
        channels: of the level.
        injection_hidden, guidance_hidden: channels of the two bottlenecks.
    """

    def __init__(self, channels: int, injection_hidden: int, guidance_hidden: int, **kwargs):
        super().__init__(**kwargs)
        self.pool = keras.layers.GlobalAveragePooling2D(keepdims=True)
        self.injection = self._bottleneck(channels, injection_hidden)
        self.guidance = self._bottleneck(channels, guidance_hidden)
        self.gate = ConvBN(None, 3)
        self.sigmoid = keras.layers.Activation("sigmoid")
        self.add, self.multiply = keras.layers.Add(), keras.layers.Multiply()
        self.subtract = keras.layers.Subtract()

    @staticmethod
    def _bottleneck(channels: int, hidden: int) -> list[keras.layers.Layer]:
        return [keras.layers.Conv2D(hidden, 1, activation="relu"), keras.layers.Conv2D(channels, 1)]

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C]."""
        context = guidance = self.pool(x)  # [B, 1, 1, C]
        for convolution in self.injection:
            context = convolution(context)
        for convolution in self.guidance:
            guidance = convolution(guidance)
        guided = self.multiply([self.add([x, context]), self.sigmoid(guidance)])
        gate = self.sigmoid(self.gate(guided))
        return self.add([x, self.multiply([gate, self.subtract([guided, x])])])

    def hidden_widths(self, filters: Filters) -> tuple[int, int]:
        """The arguments `injection_hidden` and `guidance_hidden` for other numbers of filters."""
        return filters(self.injection[0]), filters(self.guidance[0])
