"""SharedCBAM: one set of attention weights for several pyramid levels (the spec's SharedCBAMManager)."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block, Filters
from ffkeras.layers.sliced_pointwise import SlicedPointwise
from ffkeras.layers.spatial_gate import SpatialGate


class SharedCBAM(Block):
    """Residual CBAM, relu(cbam(x) + x), whose channel MLP and spatial gate serve every level it is called on.

    The MLP has the weights of the widest level; narrower levels use the leading part of them.

    Args:
        widths: channels of the levels, in any order.
        hidden: channels of the MLP's hidden layer.
        zero_in_maximum: see `SpatialGate`.
    """

    def __init__(self, widths: tuple[int, ...], hidden: int, zero_in_maximum: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.average = keras.layers.GlobalAveragePooling2D(keepdims=True)
        self.maximum = keras.layers.GlobalMaxPooling2D(keepdims=True)
        self.reduce = SlicedPointwise(max(widths), hidden, activation="relu")
        self.expand = SlicedPointwise(hidden, max(widths))
        self.add_logits = keras.layers.Add()
        self.sigmoid = keras.layers.Activation("sigmoid")
        self.multiply = keras.layers.Multiply()
        self.spatial_gate = SpatialGate(zero_in_maximum)
        self.add = keras.layers.Add()
        self.relu = keras.layers.ReLU()

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C]; C is one of the widths."""
        channels = x.shape[-1]
        average = self.expand(self.reduce(self.average(x)), filters=channels)  # [B, 1, 1, C]
        maximum = self.expand(self.reduce(self.maximum(x)), filters=channels)
        gated = self.multiply([x, self.sigmoid(self.add_logits([average, maximum]))])
        return self.relu(self.add([self.spatial_gate(gated), x]))

    def hidden_width(self, filters: Filters) -> int:
        """The argument `hidden` for other numbers of filters."""
        return filters(self.reduce)
