"""FeatherFace Nano-B Enhanced: P3 specialised in small faces; dense here, pruned by B-FPGM."""

import dataclasses

from ffkeras.layers import (
    ASSN,
    CBAM,
    MSEFPN,
    BiFPN,
    ChannelShuffle,
    DetectionHeads,
    Filters,
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
        config = config.explicit()
        channels, activation, zero = config.pyramid_channels, config.activation, config.zero_in_maximum
        backbone = config.backbone
        widths = backbone.level_widths
        decoupling = config.scale_decoupling_widths
        self.backbone = MobileNetV1(backbone.widths, backbone.activation, backbone.padding)
        self.scale_decoupling = ScaleDecoupling(widths[0], decoupling, activation) if config.scale_decoupling else None
        self.backbone_attention = (
            [CBAM(*pair, zero_in_maximum=zero) for pair in zip(widths, config.attention_hidden, strict=True)]
            if config.attention
            else []
        )
        self.pyramid = BiFPN(channels, config.pyramid_layers, activation, share_convolution=True)
        bottlenecks = zip(config.injection_hidden, config.guidance_hidden, strict=True)
        self.semantic = [MSEFPN(channels, *pair) for pair in bottlenecks] if config.mse_fpn else []
        self.scale_attention = ASSN(channels, config.assn_width, activation, zero) if config.assn else None
        attended = zip(config.attended_levels, config.pyramid_attention_hidden, strict=False)
        self.pyramid_attention = (
            {str(i): CBAM(channels, hidden, zero_in_maximum=zero) for i, hidden in attended} if config.attention else {}
        )
        self.context = [SSHFourBranches(widths, activation) for widths in config.branch_widths]
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

    def resized_config(self, filters: Filters) -> NanoBConfig:
        """The configuration of this network with other widths; see `FeatherFace.resized_config`."""
        hidden = [module.hidden_widths(filters) for module in self.semantic]
        changes = {
            "backbone": dataclasses.replace(self.config.backbone, widths=self.backbone.widths(filters)),
            "pyramid_channels": self.pyramid.channels(filters),
            "attention_hidden": tuple(cbam.hidden_width(filters) for cbam in self.backbone_attention),
            "pyramid_attention_hidden": tuple(c.hidden_width(filters) for c in self.pyramid_attention.values()),
            "injection_hidden": tuple(injection for injection, _ in hidden),
            "guidance_hidden": tuple(guidance for _, guidance in hidden),
            "context_widths": tuple(ssh.widths(filters) for ssh in self.context),
        }
        if self.scale_decoupling is not None:
            changes["scale_decoupling_widths"] = self.scale_decoupling.widths(filters)
        if self.scale_attention is not None:
            changes["assn_width"] = self.scale_attention.width(filters)
        return dataclasses.replace(self.config, **changes)
