"""FeatherFace V2 Ultra: 244 K parameters, attention and convolutions shared between levels."""

import dataclasses

from ffkeras.layers import (
    SSH,
    AttentionMultiplication,
    BiFPN,
    ChannelShuffle,
    DetectionHeads,
    DynamicWeightSharing,
    Filters,
    MobileNetV1,
    MultiScaleIntelligence,
    ProgressiveEnhancement,
    SharedCBAM,
    SmartFeatureReuse,
    identity,
)
from ffkeras.models.featherface import FeatherFace, each
from ffkeras.models.v2_ultra_config import V2UltraConfig


class V2Ultra(FeatherFace):
    """Backbone, shared attention, BiFPN_Light, shared attention, innovations, SSH_Grouped, shuffle, heads.

    Args:
        config: modules that are switched off there are left out here.
    """

    PARTS = (
        ("backbone MobileNetV1-0.25", "backbone"),
        ("SharedCBAM, backbone", "backbone_attention"),
        ("BiFPN_Light", "pyramid"),
        ("SharedCBAM, pyramid", "pyramid_attention"),
        ("innovations", "innovations"),
        ("SSH_Grouped", "context"),
        ("channel shuffle", "shuffles"),
        ("SharedMultiHead", "heads"),
    )

    def __init__(self, config: V2UltraConfig = V2UltraConfig()):  # noqa: B008 frozen
        super().__init__(config)
        config = config.explicit()
        zero = config.zero_in_maximum
        channels, activation = config.pyramid_channels, config.activation
        backbone = config.backbone
        self.backbone = MobileNetV1(backbone.widths, backbone.activation, backbone.padding)
        self.backbone_attention = (
            SharedCBAM(backbone.level_widths, config.backbone_attention_hidden, zero)
            if config.backbone_attention
            else identity
        )
        self.pyramid = BiFPN(channels, config.pyramid_layers, activation, share_convolution=True)
        self.pyramid_attention = (
            SharedCBAM((channels,), config.pyramid_attention_hidden, zero) if config.pyramid_attention else identity
        )
        self.attend = (
            AttentionMultiplication(self.pyramid_attention)
            if config.attention_multiplication
            else self.pyramid_attention
        )
        self.innovations = []
        if config.smart_feature_reuse:
            self.innovations.append(SmartFeatureReuse(self.pyramid_attention))
        if config.progressive_enhancement:
            self.innovations.append(ProgressiveEnhancement())
        if config.multi_scale_intelligence:
            self.innovations.append(MultiScaleIntelligence())
        if config.dynamic_weight_sharing:
            self.innovations.append(DynamicWeightSharing())
        self.context = [SSH(widths, config.context_groups, activation) for widths in config.branch_widths]
        self.shuffles = [ChannelShuffle(config.shuffle_groups) for _ in range(3)] if config.shuffle_groups > 1 else []
        self.heads = DetectionHeads(config.anchors.per_cell, config.trunk_channels, activation, config.class_logits)

    def forward(self, images):
        """[B, H, W, 3] -> the three outputs, class scores as logits."""
        levels = [self.backbone_attention(x) for x in self.backbone(images)]  # P3, P4, P5: 64, 128, 256 channels
        levels = [self.attend(x) for x in self.pyramid(levels)]  # 32 channels each from here on
        for innovation in self.innovations:
            levels = innovation(levels)
        levels = each(self.context, levels)
        levels = each(self.shuffles, levels)
        return self.heads(levels)

    def resized_config(self, filters: Filters) -> V2UltraConfig:
        """The configuration of this network with other widths; see `FeatherFace.resized_config`."""
        changes = {
            "backbone": dataclasses.replace(self.config.backbone, widths=self.backbone.widths(filters)),
            "pyramid_channels": self.pyramid.channels(filters),
            "context_widths": tuple(ssh.widths(filters) for ssh in self.context),
        }
        if self.config.backbone_attention:
            changes["backbone_attention_hidden"] = self.backbone_attention.hidden_width(filters)
        if self.config.pyramid_attention:
            changes["pyramid_attention_hidden"] = self.pyramid_attention.hidden_width(filters)
        if self.config.trunk_channels:
            changes["trunk_channels"] = filters(self.heads.trunk.convolution)
        return dataclasses.replace(self.config, **changes)
