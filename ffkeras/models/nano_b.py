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
    identity,
)
from ffkeras.models.featherface import FeatherFace, each
from ffkeras.models.nano_b_config import NanoBConfig


class NanoB(FeatherFace):
    """P3: scale decoupling -> CBAM -> BiFPN + MSE-FPN -> ASSN; P4, P5: CBAM -> BiFPN + MSE-FPN -> CBAM; SSH; heads.

    Args:
        config: modules that are switched off there are left out here.
    """

    PARTS = (
        ("backbone MobileNetV1-0.25", "backbone"),
        ("scale decoupling, P3", "scale_decoupling"),
        ("CBAM, backbone", "backbone_attention"),
        ("BiFPN", "pyramid"),
        ("MSE-FPN", "semantic"),
        ("ASSN, P3", "scale_attention"),
        ("CBAM, pyramid", "pyramid_attention"),
        ("SSH, four branches", "context"),
        ("channel shuffle", "shuffles"),
        ("heads", "heads"),
    )

    def __init__(self, config: NanoBConfig = NanoBConfig()):  # noqa: B008 frozen
        super().__init__(config)
        config = config.explicit()
        channels, activation, zero = config.pyramid_channels, config.activation, config.zero_in_maximum
        backbone = config.backbone
        widths = backbone.level_widths
        decoupling = config.scale_decoupling_widths
        self.backbone = MobileNetV1(backbone.widths, backbone.activation, backbone.padding)
        self.scale_decoupling = (
            ScaleDecoupling(widths[0], decoupling, activation) if config.scale_decoupling else identity
        )
        self.backbone_attention = (
            [CBAM(*pair, zero_in_maximum=zero) for pair in zip(widths, config.attention_hidden, strict=True)]
            if config.attention
            else []
        )
        self.pyramid = BiFPN(channels, config.pyramid_layers, activation, share_convolution=config.share_pyramid)
        bottlenecks = zip(config.injection_hidden, config.guidance_hidden, strict=True)
        self.semantic = [MSEFPN(channels, *pair) for pair in bottlenecks] if config.mse_fpn else []
        self.scale_attention = ASSN(channels, config.assn_width, activation, zero) if config.assn else identity
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
        levels = each(self.backbone_attention, [self.scale_decoupling(p3), p4, p5])
        levels = self.pyramid(levels)  # 32 channels each from here on
        p3, p4, p5 = each(self.semantic, levels)
        levels = self._attend([self.scale_attention(p3), p4, p5])
        levels = each(self.context, levels)
        levels = each(self.shuffles, levels)
        return self.heads(levels)

    def _attend(self, levels: list) -> list:
        """The pyramid's CBAM on the levels that have one; its weights are stored under the level's number.

        No property may give these layers: Keras would store their weights under its name.
        """
        return [self.pyramid_attention.get(str(level), identity)(x) for level, x in enumerate(levels)]

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
        if self.config.scale_decoupling:
            changes["scale_decoupling_widths"] = self.scale_decoupling.widths(filters)
        if self.config.assn:
            changes["assn_width"] = self.scale_attention.width(filters)
        return dataclasses.replace(self.config, **changes)
