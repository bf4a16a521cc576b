"""FeatherFace Nano-B Enhanced: P3 specialised in small faces; dense here, pruned by B-FPGM."""

from ffkeras.layers import (
    ASSN,
    CBAM,
    MSEFPN,
    BiFPN,
    ChannelShuffle,
    DetectionHeads,
    MobileNetV1,
    ScaleDecoupling,
    SSHFourBranches,
)
from ffkeras.models.config import NanoBConfig
from ffkeras.models.featherface import FeatherFace


class NanoB(FeatherFace):
    """P3: scale decoupling -> CBAM -> BiFPN + MSE-FPN -> ASSN; P4, P5: CBAM -> BiFPN + MSE-FPN -> CBAM; SSH; heads.

    Args:
        config: modules that are switched off there are left out here.
    """

    PARTS = (
        ("backbone MobileNetV1-0.25", "backbone", "213,072 dense, ~58 K pruned"),
        ("scale decoupling, P3", "scale_decoupling", "~1.5 K"),
        ("CBAM, backbone", "backbone_attention", "~1.1 K pruned"),
        ("BiFPN", "pyramid", "~14.5 K laterals dense (5.3 K pruned), ~2.9 K nodes"),
        ("MSE-FPN", "semantic", "~4 K"),
        ("ASSN, P3", "scale_attention", "~2 K"),
        ("CBAM, pyramid", "pyramid_attention", "~0.4 K"),
        ("SSH, four branches", "context", "~12 K"),
        ("channel shuffle", "shuffles", "0"),
        ("heads", "heads", "~4.6 K"),
    )

    def __init__(self, config: NanoBConfig = NanoBConfig()):  # noqa: B008 frozen
        super().__init__(config)
        channels, activation, reduction = config.pyramid_channels, config.activation, config.attention_reduction
        backbone = config.backbone
        widths = backbone.level_widths
        self.backbone = MobileNetV1(backbone.widths, backbone.activation, backbone.padding)
        self.scale_decoupling = ScaleDecoupling(widths[0], activation) if config.scale_decoupling else None
        self.backbone_attention = [CBAM(width, reduction) for width in widths] if config.attention else []
        self.pyramid = BiFPN(channels, config.pyramid_layers, activation, share_convolution=True)
        self.semantic = [MSEFPN(channels) for _ in range(3)] if config.mse_fpn else []
        self.scale_attention = ASSN(channels, activation) if config.assn else None
        attended = (1, 2) if config.assn else (0, 1, 2)
        self.pyramid_attention = {str(i): CBAM(channels, reduction) for i in attended} if config.attention else {}
        self.context = [SSHFourBranches(channels, activation) for _ in range(3)] if config.context else []
        self.shuffles = [ChannelShuffle(config.shuffle_groups) for _ in range(3)] if config.shuffle_groups > 1 else []
        self.heads = DetectionHeads(config.anchors.per_cell, class_logits=config.class_logits)

    def forward(self, images):
        """[B, H, W, 3] -> the three outputs, class scores as logits."""
        p3, p4, p5 = self.backbone(images)  # 64, 128, 256 channels
        if self.scale_decoupling is not None:
            p3 = self.scale_decoupling(p3)
        levels = [p3, p4, p5]
        if self.backbone_attention:
            levels = [cbam(x) for cbam, x in zip(self.backbone_attention, levels, strict=True)]
        levels = list(self.pyramid(levels))  # 32 channels each from here on
        if self.semantic:
            levels = [module(x) for module, x in zip(self.semantic, levels, strict=True)]
        if self.scale_attention is not None:
            levels[0] = self.scale_attention(levels[0])
        for level, cbam in self.pyramid_attention.items():
            levels[int(level)] = cbam(levels[int(level)])
        if self.context:
            levels = [ssh(x) for ssh, x in zip(self.context, levels, strict=True)]
        if self.shuffles:
            levels = [shuffle(x) for shuffle, x in zip(self.shuffles, levels, strict=True)]
        return self.heads(levels)
