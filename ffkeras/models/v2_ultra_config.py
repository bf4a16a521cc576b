"""What FeatherFace V2 Ultra is made of, a field for each switch and width; built by `v2_ultra.py`. No TensorFlow."""

import dataclasses
import itertools
from dataclasses import dataclass, field

from ffkeras.geometry import AnchorConfig
from ffkeras.models.backbone_config import BackboneConfig
from ffkeras.models.config_fields import choice
from ffkeras.models.featherface_config import TWO_PER_CELL, FeatherFaceConfig
from ffkeras.models.specified_widths import hidden_width


@dataclass(frozen=True)
class V2UltraConfig(FeatherFaceConfig):
    """FeatherFace V2 Ultra. Every module can be switched off for ablation.

    Widths that are empty or 0 are those of the specification, which follow from the other fields.

    Args:
        mean: BGR value that is taken off the image; 128 makes the int8 input exactly pixel - 128.
        activation: outside the backbone.
        backbone_attention_hidden: hidden channels of the attention on the backbone; 0: those of the narrowest level /
            `backbone_attention_reduction`.
        pyramid_attention_hidden: likewise on the pyramid.
        context_groups: divides `pyramid_channels` and every one of `context_widths`.
        context_widths: see `V1Config`; with a trunk, all levels leave the context heads with as many channels.
        trunk_channels: of the trunk shared by levels and tasks; 0 for none.
        shuffle_groups, class_logits, zero_in_maximum: see `V1Config`.
    """

    network: str = field(default="v2_ultra", init=False)
    backbone: BackboneConfig = BackboneConfig()
    mean: tuple[float, float, float] = (128.0, 128.0, 128.0)
    anchors: AnchorConfig = TWO_PER_CELL
    activation: str = choice("relu6", "relu", "leaky_relu", "swish")
    pyramid_channels: int = 32
    pyramid_layers: int = 2
    backbone_attention: bool = True
    backbone_attention_reduction: int = 32
    backbone_attention_hidden: int = field(default=0, metadata={"least": 0})
    pyramid_attention: bool = True
    pyramid_attention_reduction: int = 8
    pyramid_attention_hidden: int = field(default=0, metadata={"least": 0})
    smart_feature_reuse: bool = True
    attention_multiplication: bool = True
    progressive_enhancement: bool = True
    multi_scale_intelligence: bool = True
    dynamic_weight_sharing: bool = True
    context: bool = True
    context_groups: int = 4
    context_widths: tuple[tuple[int, ...], ...] = ()
    shuffle_groups: int = 4
    trunk_channels: int = field(default=16, metadata={"least": 0})
    class_logits: int = choice(2, 1)
    zero_in_maximum: bool = False

    def __post_init__(self):
        self.check()
        needs = [name for name in ("smart_feature_reuse", "attention_multiplication") if getattr(self, name)]
        if needs and not self.pyramid_attention:
            raise ValueError(f"{' and '.join(needs)} use the pyramid attention; switch them off with it")
        grouped = sorted({self.pyramid_channels, *itertools.chain(*self.branch_widths)}) if self.context else []
        if any(width % self.context_groups for width in grouped):
            raise ValueError(
                f"context_groups is {self.context_groups}; it should divide pyramid_channels and all widths in the "
                f"context heads, {', '.join(map(str, grouped))}"
            )
        if self.trunk_channels and len(set(self.head_channels)) > 1:
            raise ValueError(
                f"context_widths is {self.context_widths}; the levels should leave the context heads with as many "
                f"channels for their shared trunk, not with {self.head_channels}"
            )

    def explicit(self) -> "V2UltraConfig":
        """The same network with every derived width written into its field."""
        widths = {"context_widths": self.branch_widths}
        if self.backbone_attention:
            widths["backbone_attention_hidden"] = self.backbone_attention_hidden or hidden_width(
                min(self.backbone.level_widths), self.backbone_attention_reduction
            )
        if self.pyramid_attention:
            widths["pyramid_attention_hidden"] = self.pyramid_attention_hidden or hidden_width(
                self.pyramid_channels, self.pyramid_attention_reduction
            )
        return dataclasses.replace(self, **widths)
