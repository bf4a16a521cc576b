"""SSH context heads (Najibi et al. 2017, sec. 3.2): parallel branches that see 3x3, 5x5 and 7x7 pixels.

The paper rectifies the joined branches. Rectifying each before they are joined is the same, and int8 runtimes fuse it
into the convolutions: as an operation of its own it took a fifth of the time.
"""

from ffkeras.backend import keras
from ffkeras.layers.block import Block, Filters
from ffkeras.layers.conv_bn import ConvBN
from ffkeras.layers.deformable_convolution import DeformableConvBN


class SSH(Block):
    """Three branches built from 3x3 convolutions; the 7x7 branch continues the first convolution of the 5x5 branch.

    Args:
        widths: of branch3, branch5_first, branch5_second, branch7_second, branch7_third; the first, third and last
            make the output.
        groups: of every plain convolution, dividing the input's channels and every width; 4 is the spec's SSH_Grouped.
        activation: inside the branches, see `make_activation`.
        deformable: modulated deformable convolutions (V1) instead of plain ones.
    """

    def __init__(
        self, widths: tuple[int, int, int, int, int], groups: int, activation: str, deformable: bool = False, **kwargs
    ):
        super().__init__(**kwargs)
        branch3, branch5_first, branch5_second, branch7_second, branch7_third = widths

        def unit(filters: int, activation: str = "linear") -> Block:
            if deformable:
                return DeformableConvBN(filters, activation)
            return ConvBN(filters, groups=groups, activation=activation)

        self.branch3 = unit(branch3)
        self.branch5_first = unit(branch5_first, activation)
        self.branch5_second = unit(branch5_second)
        self.branch7_second = unit(branch7_second, activation)
        self.branch7_third = unit(branch7_third)
        self.concatenate = keras.layers.Concatenate()
        self.relu = keras.layers.ReLU()

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, sum of the output branches]."""
        first = self.branch5_first(x)
        branch5 = self.branch5_second(first)
        branch7 = self.branch7_third(self.branch7_second(first))
        branches = (self.branch3(x), branch5, branch7)
        return self.concatenate([self.relu(branch) for branch in branches])

    def widths(self, filters: Filters) -> tuple[int, ...]:
        """The argument `widths` for other numbers of filters."""
        fives, sevens = (self.branch5_first, self.branch5_second), (self.branch7_second, self.branch7_third)
        return tuple(filters(unit.convolution) for unit in (self.branch3, *fives, *sevens))


class SSHFourBranches(Block):
    """Nano-B's context head: branches that see 3x3, 5x5, 7x7 pixels and 1x1.

    Its budget of 4 K parameters a level holds only if the longer branches continue the 3x3 branch's convolution.

    Args:
        widths: of branch3, branch5, branch7_second, branch7_third, branch1; all but the third make the output.
        activation: inside the branches, see `make_activation`.
    """

    def __init__(self, widths: tuple[int, int, int, int, int], activation: str, **kwargs):
        super().__init__(**kwargs)
        branch3, branch5, branch7_second, branch7_third, branch1 = widths
        self.branch3 = ConvBN(branch3, activation=activation)
        self.branch5 = ConvBN(branch5)
        self.branch7_second = ConvBN(branch7_second, activation=activation)
        self.branch7_third = ConvBN(branch7_third)
        self.branch1 = ConvBN(branch1, 1)
        self.concatenate = keras.layers.Concatenate()
        self.relu = keras.layers.ReLU()
        self.branch3_is_rectified = activation in ("relu", "relu6")

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, sum of the output branches]."""
        branch3 = self.branch3(x)
        branch7 = self.branch7_third(self.branch7_second(branch3))
        others = [self.relu(branch) for branch in (self.branch5(branch3), branch7, self.branch1(x))]
        return self.concatenate([branch3 if self.branch3_is_rectified else self.relu(branch3), *others])

    def widths(self, filters: Filters) -> tuple[int, ...]:
        """The argument `widths` for other numbers of filters."""
        units = (self.branch3, self.branch5, self.branch7_second, self.branch7_third, self.branch1)
        return tuple(filters(unit.convolution) for unit in units)
