"""FeatherFace V1, the teacher: 0.49 M parameters."""

from ffkeras.layers import CBAM, SSH, BiFPN, ChannelShuffle, DetectionHeads, MobileNetV1
from ffkeras.models.config import V1Config
from ffkeras.models.featherface import FeatherFace

ACTIVATION = "leaky_relu"  # in the context heads; the pyramid has swish


class V1(FeatherFace):
    """Backbone, CBAM, BiFPN, CBAM, deformable SSH, shuffle, heads.

    Args:
        config: without attention, it is the network of the published weights.
    """

    # The specification has totals only: these are the published weights', and CBAM's share of 502 K.
    PARTS = (
        ("backbone MobileNetV1-0.25", "backbone", "213,072"),
        ("CBAM, backbone", "backbone_attention", "~11.5 K"),
        ("BiFPN", "pyramid", "77,916"),
        ("CBAM, pyramid", "pyramid_attention", "~1.5 K"),
        ("SSH", "context", "192,555"),
        ("channel shuffle", "shuffles", "0"),
        ("heads", "heads", "5,472"),
    )

    def __init__(self, config: V1Config = V1Config()):  # noqa: B008 frozen
        super().__init__(config)
        channels, reduction = config.pyramid_channels, config.attention_reduction
        backbone = config.backbone
        widths = backbone.level_widths if config.attention == "cbam" else ()
        pyramid_widths = (channels,) * 3 if config.attention == "cbam" else ()
        self.backbone = MobileNetV1(backbone.widths, backbone.activation, backbone.padding)
        self.backbone_attention = [CBAM(width, reduction, residual=True) for width in widths]
        self.pyramid = BiFPN(channels, config.pyramid_layers, "swish", share_convolution=False, as_published=True)
        self.pyramid_attention = [CBAM(width, reduction, residual=True) for width in pyramid_widths]
        deformable = config.context == "deformable"
        self.context = [SSH(channels, 1, ACTIVATION, deformable) for _ in range(3)]
        # The published shuffle is that of channels / groups groups: the inverse of ShuffleNet's.
        inverse_groups = channels // config.shuffle_groups
        self.shuffles = [ChannelShuffle(inverse_groups) for _ in range(3)] if config.shuffle_groups > 1 else []
        self.heads = DetectionHeads(config.anchors.per_cell, class_logits=config.class_logits)

    def forward(self, images):
        """[B, H, W, 3] -> the three outputs, class scores as logits."""
        levels = self.backbone(images)  # P3, P4, P5: 64, 128, 256 channels
        if self.backbone_attention:
            levels = [cbam(x) for cbam, x in zip(self.backbone_attention, levels, strict=True)]
        levels = self.pyramid(levels)  # 56 channels each from here on
        if self.pyramid_attention:
            levels = [cbam(x) for cbam, x in zip(self.pyramid_attention, levels, strict=True)]
        levels = [ssh(x) for ssh, x in zip(self.context, levels, strict=True)]
        if self.shuffles:
            levels = [shuffle(x) for shuffle, x in zip(self.shuffles, levels, strict=True)]
        return self.heads(levels)
