"""BiFPN: laterals and bidirectional layers of four nodes (Tan et al. 2020, fig. 2d, for three levels)."""

from ffkeras.backend import keras
from ffkeras.layers.activation import make_activation
from ffkeras.layers.block import Block
from ffkeras.layers.conv_bn import ConvBN
from ffkeras.layers.fast_fusion import FastFusion


class PyramidConvolution(Block):
    """Depthwise 3x3 -> 1x1 -> BatchNorm: the convolution of a BiFPN node.

    Args:
        channels: of the pyramid.
    """

    def __init__(self, channels: int, **kwargs):
        super().__init__(**kwargs)
        self.depthwise = keras.layers.DepthwiseConv2D(
            3, padding="same", use_bias=False, depthwise_initializer="he_normal"
        )
        self.pointwise = ConvBN(channels, 1)

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C]."""
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
        """List of [B, H, W, C] -> [B, H, W, C]."""
        return self.convolution(self.activation(self.fuse(maps)))


class BiFPNLayer(Block):
    """Four nodes: P4 top-down, P3 out, P4 out, P5 out. Upsampling nearest, downsampling 3x3 max pool at stride 2.

    Args:
        channels: of the pyramid.
        activation: of the nodes; swish in the paper, one that int8 runtimes fuse for small devices.
        share_convolution: one convolution for all four nodes (BiFPN_Light) instead of one each.
    """

    def __init__(self, channels: int, activation: str, share_convolution: bool, **kwargs):
        super().__init__(**kwargs)
        shared = PyramidConvolution(channels) if share_convolution else None

        def node(inputs: int) -> FusionNode:
            return FusionNode(inputs, shared or PyramidConvolution(channels), activation)

        self.p4_top_down, self.p3_out, self.p4_out, self.p5_out = node(2), node(2), node(3), node(2)
        self.up = keras.layers.UpSampling2D(2)
        self.down = keras.layers.MaxPooling2D(3, 2, padding="same")

    def call(self, levels):
        """(P3, P4, P5) -> (P3, P4, P5), each [B, H, W, C]."""
        p3, p4, p5 = levels
        p4_top_down = self.p4_top_down([p4, self.up(p5)])
        p3_out = self.p3_out([p3, self.up(p4_top_down)])
        p4_out = self.p4_out([p4, p4_top_down, self.down(p3_out)])
        p5_out = self.p5_out([p5, self.down(p4_out)])
        return p3_out, p4_out, p5_out


class BiFPN(Block):
    """1x1 laterals to one width, then BiFPN layers.

    Args:
        channels: of the pyramid.
        layers: number of BiFPN layers.
        activation: of the nodes.
        share_convolution: within each layer, see `BiFPNLayer`.
    """

    def __init__(self, channels: int, layers: int, activation: str, share_convolution: bool, **kwargs):
        super().__init__(**kwargs)
        self.laterals = [ConvBN(channels, 1) for _ in range(3)]
        self.layers = [BiFPNLayer(channels, activation, share_convolution) for _ in range(layers)]

    def call(self, levels):
        """(P3, P4, P5) of any widths -> (P3, P4, P5), each [B, H, W, channels]."""
        levels = tuple(lateral(x) for lateral, x in zip(self.laterals, levels, strict=True))
        for layer in self.layers:
            levels = layer(levels)
        return levels
