"""FeatherFace V1, the teacher: 0.49 M parameters."""

import dataclasses

from ffkeras.layers import CBAM, SSH, BiFPN, ChannelShuffle, DetectionHeads, Filters, MobileNetV1
from ffkeras.models.featherface import FeatherFace, each
from ffkeras.models.v1_config import V1Config

ACTIVATION = "leaky_relu"  # in the context heads; the pyramid has swish


class V1(FeatherFace):
    """Backbone, CBAM, BiFPN, CBAM, deformable SSH, shuffle, heads.

    Args:
        config: without attention, it is the network of the published weights.
    """

    PARTS = (
        ("backbone MobileNetV1-0.25", "backbone"),
        ("CBAM, backbone", "backbone_attention"),
        ("BiFPN", "pyramid"),
        ("CBAM, pyramid", "pyramid_attention"),
        ("SSH", "context"),
        ("channel shuffle", "shuffles"),
        ("heads", "heads"),
    )

    def __init__(self, config: V1Config = V1Config()):  # noqa: B008 frozen
        super().__init__(config)
        config = config.explicit()
        channels, zero, backbone = config.pyramid_channels, config.zero_in_maximum, config.backbone
        attended = backbone.level_widths if config.attention == "cbam" else ()
        pyramid_attended = config.level_channels if config.attention == "cbam" else ()
        widths = zip(attended, config.attention_hidden, strict=False)
        pyramid_widths = zip(pyramid_attended, config.pyramid_attention_hidden, strict=False)
        self.backbone = MobileNetV1(backbone.widths, backbone.activation, backbone.padding)
        self.backbone_attention = [CBAM(*pair, residual=True, zero_in_maximum=zero) for pair in widths]
        self.pyramid = BiFPN(channels, config.pyramid_layers, "swish", False, True, config.upper_channels)
        self.pyramid_attention = [CBAM(*pair, residual=True, zero_in_maximum=zero) for pair in pyramid_widths]
        deformable = config.context == "deformable"
        self.context = [SSH(widths, 1, ACTIVATION, deformable) for widths in config.branch_widths]
        # The published shuffle is that of channels / groups groups: the inverse of ShuffleNet's.
        inverse_groups = [width // config.shuffle_groups for width in config.head_channels]
        self.shuffles = [ChannelShuffle(groups) for groups in inverse_groups] if config.shuffle_groups > 1 else []
        self.heads = DetectionHeads(config.anchors.per_cell, class_logits=config.class_logits)

    def forward(self, images):
        """[B, H, W, 3] -> the three outputs, class scores as logits."""
        levels = self.backbone(images)  # P3, P4, P5: 64, 128, 256 channels
        levels = each(self.backbone_attention, levels)
        levels = self.pyramid(levels)  # 56 channels each from here on
        levels = each(self.pyramid_attention, levels)
        levels = each(self.context, levels)
        levels = each(self.shuffles, levels)
        return self.heads(levels)

    def resized_config(self, filters: Filters) -> V1Config:
        """The configuration of this network with other widths; see `FeatherFace.resized_config`."""
        return dataclasses.replace(
            self.config,
            backbone=dataclasses.replace(self.config.backbone, widths=self.backbone.widths(filters)),
            pyramid_channels=self.pyramid.channels(filters),
            upper_channels=self.pyramid.upper_channels(filters),
            attention_hidden=tuple(cbam.hidden_width(filters) for cbam in self.backbone_attention),
            pyramid_attention_hidden=tuple(cbam.hidden_width(filters) for cbam in self.pyramid_attention),
            context_widths=tuple(ssh.widths(filters) for ssh in self.context),
        )
