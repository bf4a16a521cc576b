"""Scale decoupling for P3 (Nano-B): keep small objects, suppress large ones."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block, Filters
from ffkeras.layers.conv_bn import ConvBN


class ScaleDecoupling(Block):
    """out = g * x + (1 - g) * enhanced, enhanced = x * small + x * keep.

    small: a mask of high frequencies from a 3x3 bottleneck (small-object enhancer). keep = 1 - large, from the globally
    pooled map (large-object suppressor; the sign is the bottleneck's to learn). g: 1x1 over both, BatchNorm, sigmoid.

    Args:
        channels: of the input.
        widths: of the enhancer's two bottlenecks and of the suppressor's.
        activation: inside the bottlenecks, see `make_activation`.
    """

    def __init__(self, channels: int, widths: tuple[int, int, int], activation: str, **kwargs):
        super().__init__(**kwargs)
        first, second, hidden = widths
        self.enhancer = [
            ConvBN(first, 1, activation=activation),
            ConvBN(second, 3, activation=activation),
            ConvBN(channels, 1),
        ]
        self.pool = keras.layers.GlobalAveragePooling2D(keepdims=True)
        self.suppressor = [keras.layers.Conv2D(hidden, 1, activation="relu"), keras.layers.Conv2D(channels, 1)]
        self.gate = ConvBN(1, 1)
        self.sigmoid = keras.layers.Activation("sigmoid")
        self.multiply = keras.layers.Multiply()
        self.concatenate = keras.layers.Concatenate()
        self.add = keras.layers.Add()
        self.subtract = keras.layers.Subtract()

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C]."""
        mask = x
        for convolution in self.enhancer:
            mask = convolution(mask)
        small = self.multiply([x, self.sigmoid(mask)])
        keep = self.pool(x)  # [B, 1, 1, C]
        for convolution in self.suppressor:
            keep = convolution(keep)
        kept = self.multiply([x, self.sigmoid(keep)])
        gate = self.sigmoid(self.gate(self.concatenate([small, kept])))  # [B, H, W, 1]
        enhanced = self.add([small, kept])
        return self.add([enhanced, self.multiply([gate, self.subtract([x, enhanced])])])

    def widths(self, filters: Filters) -> tuple[int, int, int]:
        """The argument `widths` for other numbers of filters."""
        first, second, _ = self.enhancer
        return filters(first.convolution), filters(second.convolution), filters(self.suppressor[0])
