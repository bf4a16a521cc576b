"""BiFPN: laterals and bidirectional layers of four nodes (Tan et al. 2020, fig. 2d, for three levels).

`as_published` stands for the details of the published V1, whose weights need them: a bias and BatchNorm epsilon 1e-3
in the 1x1 convolutions, second laterals for the bottom-up path, pooling over zeros, and an idle weight in the P5 node.
"""

from ffkeras.backend import keras
from ffkeras.layers.activation import make_activation
from ffkeras.layers.block import Block, Filters
from ffkeras.layers.conv_bn import ConvBN
from ffkeras.layers.fast_fusion import FastFusion
from ffkeras.layers.zero_padded_pooling import ZeroPaddedPooling

PUBLISHED_POINTWISE = {"use_bias": True, "epsilon": 1e-3}  # EfficientDet's PyTorch port, which V1 took its BiFPN from


def make_pointwise(channels: int, as_published: bool) -> ConvBN:
    """A new 1x1 convolution with BatchNorm."""
    return ConvBN(channels, 1, **PUBLISHED_POINTWISE) if as_published else ConvBN(channels, 1)


class PyramidConvolution(Block):
    """Depthwise 3x3 -> 1x1 -> BatchNorm: the convolution of a BiFPN node.

    Args:
        channels: of the output.
        as_published: see the top of this file.
    """

    def __init__(self, channels: int, as_published: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.depthwise = keras.layers.DepthwiseConv2D(
            3, padding="same", use_bias=False, depthwise_initializer="he_normal"
        )
        self.pointwise = make_pointwise(channels, as_published)

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, channels]."""
        return self.pointwise(self.depthwise(x))


class FusionNode(Block):
    """Fast normalised fusion -> activation -> convolution.

    Args:
        inputs: number of maps to fuse.
        convolution: the convolution to use; it may be shared with other nodes.
        activation: see `make_activation`.
    """

    def __init__(self, inputs: int, convolution: Block, activation: str, **kwargs):
        super().__init__(**kwargs)
        self.fuse = FastFusion(inputs)
        self.activation = make_activation(activation)
        self.convolution = convolution

    def call(self, maps):
        """List of [B, H, W, C] -> [B, H, W, channels of the convolution]."""
        return self.convolution(self.activation(self.fuse(maps)))


class BiFPNLayer(Block):
    """Four nodes: P4 top-down, P3 out, P4 out, P5 out. Upsampling nearest, downsampling 3x3 max pool at stride 2.

    Args:
        channels: of the pyramid.
        activation: of the nodes; swish in the paper, one that int8 runtimes fuse for small devices.
        share_convolution: one convolution for all four nodes (BiFPN_Light) instead of one each.
        as_published: see the top of this file.
        upper_channels: of P4 and P5 at the output, without a shared convolution; empty for `channels`.
    """

    def __init__(
        self,
        channels: int,
        activation: str,
        share_convolution: bool,
        as_published: bool = False,
        upper_channels: tuple[int, ...] = (),
        **kwargs,
    ):
        super().__init__(**kwargs)
        shared = PyramidConvolution(channels, as_published) if share_convolution else None

        def node(inputs: int, channels: int = channels) -> FusionNode:
            return FusionNode(inputs, shared or PyramidConvolution(channels, as_published), activation)

        p4_channels, p5_channels = upper_channels or (channels, channels)
        self.p4_top_down, self.p3_out, self.p4_out = node(2), node(2), node(3, p4_channels)
        # The published third weight meets no map, but is in the sum.
        self.p5_out = node(3 if as_published else 2, p5_channels)
        self.up = keras.layers.UpSampling2D(2)
        self.down = ZeroPaddedPooling() if as_published else keras.layers.MaxPooling2D(3, 2, padding="same")

    def call(self, levels, bottom_up=None):
        """(P3, P4, P5) -> (P3, P4, P5), each [B, H, W, C] but for `upper_channels`.

        Args:
            levels: the inputs.
            bottom_up: (P4, P5) for the bottom-up path where it has laterals of its own, else those of `levels`.
        """
        p3, p4, p5 = levels
        p4_again, p5_again = bottom_up or (p4, p5)
        p4_top_down = self.p4_top_down([p4, self.up(p5)])
        p3_out = self.p3_out([p3, self.up(p4_top_down)])
        p4_out = self.p4_out([p4_again, p4_top_down, self.down(p3_out)])
        p5_out = self.p5_out([p5_again, self.down(p4_out)])
        return p3_out, p4_out, p5_out


class BiFPN(Block):
    """1x1 laterals to one width, then BiFPN layers.

    Args:
        channels: of the pyramid.
        layers: number of BiFPN layers.
        activation: of the nodes.
        share_convolution: within each layer, see `BiFPNLayer`.
        as_published: see the top of this file.
        upper_channels: of P4 and P5 at the output, empty for `channels`; as published only. The second layer fuses P4
            with the others, so it differs only where there is one layer.
    """

    def __init__(
        self,
        channels: int,
        layers: int,
        activation: str,
        share_convolution: bool,
        as_published: bool = False,
        upper_channels: tuple[int, ...] = (),
        **kwargs,
    ):
        super().__init__(**kwargs)
        outputs = [()] * (layers - 1) + [upper_channels]
        p5_again = outputs[0][0] if outputs[0] else channels  # fused with what the first layer makes of P4
        bottom_up = (channels, p5_again) if as_published else ()
        self.laterals = [make_pointwise(channels, as_published) for _ in range(3)]
        self.bottom_up_laterals = [make_pointwise(width, as_published) for width in bottom_up]
        self.layers = [BiFPNLayer(channels, activation, share_convolution, as_published, upper) for upper in outputs]

    def call(self, levels):
        """(P3, P4, P5) of any widths -> (P3, P4, P5), each [B, H, W, channels] but for `upper_channels`."""
        bottom_up = [lateral(x) for lateral, x in zip(self.bottom_up_laterals, levels[1:], strict=False)]
        levels = tuple(lateral(x) for lateral, x in zip(self.laterals, levels, strict=True))
        for layer in self.layers:
            levels = layer(levels, bottom_up)
            bottom_up = None  # later layers have no laterals
        return levels

    def channels(self, filters: Filters) -> int:
        """The argument `channels` for other numbers of filters."""
        return filters(self.laterals[0].convolution)

    def upper_channels(self, filters: Filters) -> tuple[int, int]:
        """The argument `upper_channels` for other numbers of filters."""
        last = self.layers[-1]
        return tuple(filters(node.convolution.pointwise.convolution) for node in (last.p4_out, last.p5_out))
