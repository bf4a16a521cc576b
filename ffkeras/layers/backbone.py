"""MobileNetV1-0.25 (Howard et al. 2017, table 1), up to the three maps that the pyramid is built on."""

from ffkeras.layers.block import Block, Filters
from ffkeras.layers.conv_bn import ConvBN
from ffkeras.layers.depthwise_separable import DepthwiseSeparable

STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)  # of the 13 depthwise separable blocks
LEVEL_ENDS = (4, 10, 12)  # blocks whose outputs are P3, P4, P5


class MobileNetV1(Block):
    """Stem convolution and 13 depthwise separable blocks; gives P3, P4, P5 at strides 8, 16, 32.

    Args:
        widths: output channels of the stem and of each block, 14 numbers.
        activation: see `make_activation`.
        padding: `same`, or `symmetric` as PyTorch pads, see `ConvBN`.
    """

    def __init__(self, widths: tuple[int, ...], activation: str = "relu6", padding: str = "same", **kwargs):
        super().__init__(**kwargs)
        if len(widths) != len(STRIDES) + 1:
            raise ValueError(f"the backbone takes {len(STRIDES) + 1} widths, received {len(widths)}: {widths}")
        self.stem = ConvBN(widths[0], 3, 2, activation=activation, padding=padding)
        self.blocks = [
            DepthwiseSeparable(width, stride, activation, padding)
            for width, stride in zip(widths[1:], STRIDES, strict=True)
        ]

    def call(self, images):
        """[B, H, W, 3] -> P3 [B, H/8, W/8, 64], P4 [B, H/16, W/16, 128], P5 [B, H/32, W/32, 256]."""
        x = self.stem(images)
        levels = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in LEVEL_ENDS:
                levels.append(x)
        return tuple(levels)

    def widths(self, filters: Filters) -> tuple[int, ...]:
        """The argument `widths` for other numbers of filters."""
        pointwise = (block.pointwise.convolution for block in self.blocks)
        return filters(self.stem.convolution), *(filters(convolution) for convolution in pointwise)
