"""Detection heads: 1x1 convolutions from a pyramid level to classes, boxes and landmarks of its anchors."""

from ffkeras.backend import keras
from ffkeras.layers.block import Block
from ffkeras.layers.conv_bn import ConvBN
from ffkeras.layers.convolution import Conv2D

VALUES = {"classification": 2, "bbox_regression": 4, "landmarks": 10}  # numbers per anchor, classes as two logits
OUTPUTS = tuple(VALUES)


class DetectionHead(Block):
    """Three 1x1 convolutions on one level, one for each output.

    Args:
        anchors_per_cell: anchors at each place of the level.
        class_logits: 2, or 1 for their difference.
    """

    def __init__(self, anchors_per_cell: int, class_logits: int = 2, **kwargs):
        super().__init__(**kwargs)
        values = (VALUES | {"classification": class_logits}).values()
        self.convolutions = [Conv2D(anchors_per_cell * k, 1) for k in values]
        self.reshapes = [keras.layers.Reshape((-1, k)) for k in values]

    def call(self, x):
        """[B, H, W, C] -> classification, bbox_regression, landmarks: [B, H * W * anchors, 2 or 1 / 4 / 10]."""
        return [reshape(conv(x)) for reshape, conv in zip(self.reshapes, self.convolutions, strict=True)]


class DetectionHeads(Block):
    """One head a level, optionally behind a shared trunk (the spec's SharedMultiHead), outputs joined over the levels.

    Args:
        anchors_per_cell: anchors at each place.
        trunk_channels: width of one 3x3 convolution that all levels and tasks share; 0 for none.
        activation: of the trunk, see `make_activation`.
        class_logits: 2 (background, face), or 1 for their difference.
    """

    def __init__(
        self,
        anchors_per_cell: int,
        trunk_channels: int = 0,
        activation: str = "relu6",
        class_logits: int = 2,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.trunk = ConvBN(trunk_channels, activation=activation) if trunk_channels else None
        self.heads = [DetectionHead(anchors_per_cell, class_logits) for _ in range(3)]
        self.concatenates = [keras.layers.Concatenate(axis=1, name=name) for name in OUTPUTS]

    def call(self, levels):
        """(P3, P4, P5) -> the three outputs by name; class scores as logits."""
        if self.trunk is not None:
            levels = [self.trunk(x) for x in levels]
        by_level = [head(x) for head, x in zip(self.heads, levels, strict=True)]
        by_output = zip(*by_level, strict=True)
        joined = [concatenate(list(parts)) for concatenate, parts in zip(self.concatenates, by_output, strict=True)]
        return dict(zip(OUTPUTS, joined, strict=True))
