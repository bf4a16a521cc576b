"""SSH context heads (Najibi et al. 2017, sec. 3.2): parallel branches that see 3x3, 5x5 and 7x7 pixels.

The paper rectifies the joined branches. Rectifying each before they are joined is the same, and int8 runtimes fuse it
into the convolutions: as an operation of its own it took a fifth of the time.
"""

from ffkeras.backend import keras
from ffkeras.layers.block import Block
from ffkeras.layers.conv_bn import ConvBN
from ffkeras.layers.deformable_convolution import DeformableConvBN


class SSH(Block):
    """Three branches built from 3x3 convolutions: half the channels see 3x3, a quarter 5x5, a quarter 7x7.

    The 7x7 branch continues the first convolution of the 5x5 branch.

    Args:
        channels: of the output.
        groups: of every plain convolution; 4 is the spec's SSH_Grouped.
        activation: inside the branches, see `make_activation`.
        deformable: modulated deformable convolutions (V1) instead of plain ones.
    """

    def __init__(self, channels: int, groups: int, activation: str, deformable: bool = False, **kwargs):
        super().__init__(**kwargs)
        quarter = channels // 4

        def unit(filters: int, activation: str = "linear") -> Block:
            if deformable:
                return DeformableConvBN(filters, activation)
            return ConvBN(filters, groups=groups, activation=activation)

        self.branch3 = unit(channels - 2 * quarter)
        self.branch5_first = unit(quarter, activation)
        self.branch5_second = unit(quarter)
        self.branch7_second = unit(quarter, activation)
        self.branch7_third = unit(quarter)
        self.concatenate = keras.layers.Concatenate()
        self.relu = keras.layers.ReLU()

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, channels]."""
        first = self.branch5_first(x)
        branch5 = self.branch5_second(first)
        branch7 = self.branch7_third(self.branch7_second(first))
        branches = (self.branch3(x), branch5, branch7)
        return self.concatenate([self.relu(branch) for branch in branches])


class SSHFourBranches(Block):
    """Nano-B's context head: a quarter of the channels each for 3x3, 5x5, 7x7 and 1x1.

    Its budget of 4 K parameters a level holds only if the longer branches continue the 3x3 branch's convolution.

    Args:
        channels: of the output.
        activation: inside the branches, see `make_activation`.
    """

    def __init__(self, channels: int, activation: str, **kwargs):
        super().__init__(**kwargs)
        quarter = channels // 4
        self.branch3 = ConvBN(quarter, activation=activation)
        self.branch5 = ConvBN(quarter)
        self.branch7_second = ConvBN(quarter, activation=activation)
        self.branch7_third = ConvBN(quarter)
        self.branch1 = ConvBN(channels - 3 * quarter, 1)
        self.concatenate = keras.layers.Concatenate()
        self.relu = keras.layers.ReLU()
        self.branch3_is_rectified = activation in ("relu", "relu6")

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, channels]."""
        branch3 = self.branch3(x)
        branch7 = self.branch7_third(self.branch7_second(branch3))
        others = [self.relu(branch) for branch in (self.branch5(branch3), branch7, self.branch1(x))]
        return self.concatenate([branch3 if self.branch3_is_rectified else self.relu(branch3), *others])
