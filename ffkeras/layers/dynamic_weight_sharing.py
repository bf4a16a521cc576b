"""Dynamic weight sharing (V2 Ultra, innovation 5; fewer than 1,000 parameters)."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block
from ffkeras.layers.conv_bn import ConvBN


class DynamicWeightSharing(Block):
    """Each level blends shared and own processing, the more shared the more it resembles the others.

    x + own(x) + g * (shared(x) - own(x)), where g = sigmoid(1x1 of (pooled level * pooled mean of the levels)), both
    pooled vectors of length one: a cosine similarity with a learned weight for each channel. The spec's hard threshold
    is a soft gate: branches on data do not exist on microcontrollers.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.pool = keras.layers.GlobalAveragePooling2D(keepdims=True)
        self.mean = keras.layers.Average()
        self.normalise = keras.layers.UnitNormalization()  # or the gate's logits run to hundreds, where nothing learns
        self.resemblance = keras.layers.Multiply()
        self.similarity = keras.layers.Conv2D(1, 1, kernel_initializer="ones")
        self.sigmoid = keras.layers.Activation("sigmoid")
        self.shared = ConvBN(None, 3)
        self.own = [ConvBN(None, 1) for _ in range(3)]
        self.subtract, self.multiply, self.add = (
            keras.layers.Subtract(),
            keras.layers.Multiply(),
            keras.layers.Add(),
        )

    def call(self, levels):
        """(F3, F4, F5) -> (F3, F4, F5), each [B, H, W, C]."""
        pooled = [self.normalise(self.pool(x)) for x in levels]  # [B, 1, 1, C]
        typical = self.normalise(self.mean(pooled))
        return tuple(self._blend(*parts, typical) for parts in zip(levels, pooled, self.own, strict=True))

    def _blend(self, x, pooled, own, typical):
        gate = self.sigmoid(self.similarity(self.resemblance([pooled, typical])))  # [B, 1, 1, 1]
        own = own(x)
        return self.add([x, own, self.multiply([gate, self.subtract([self.shared(x), own])])])
