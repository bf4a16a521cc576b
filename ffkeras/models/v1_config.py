"""What FeatherFace V1 is made of, a field for each switch and width; built by `v1.py`. No TensorFlow."""

import dataclasses
from dataclasses import dataclass, field

from ffkeras.geometry import AnchorConfig
from ffkeras.models.backbone_config import BackboneConfig
from ffkeras.models.config_fields import check_fields, check_widths, choice
from ffkeras.models.featherface_config import LEVELS, TWO_PER_CELL, FeatherFaceConfig
from ffkeras.models.specified_widths import hidden_widths


@dataclass(frozen=True)
class V1Config(FeatherFaceConfig):
    """FeatherFace V1, the teacher.

    Widths that are empty are those of the specification, which follow from the other fields.

    Args:
        upper_channels: of P4 and P5 as they leave the pyramid. P5 may differ from `pyramid_channels`; P4 only where
            the pyramid has one layer, since the next one would fuse it with the others.
        attention: `cbam` (502 K parameters) or `none` (489,015: the published weights).
        attention_hidden, pyramid_attention_hidden: hidden channels of the attention at P3, P4, P5; empty: the
            channels / `attention_reduction`.
        context: `deformable` (DCNv2) or `standard` (plain 3x3, for TFLite and microcontrollers).
        context_widths: at P3, P4, P5 each the five convolutions of `ffkeras.layers.SSH`, in its order.
        shuffle_groups: of the channel shuffle; 1 for none.
        class_logits: of an anchor: 2 (background, face), or 1, which stands for their difference.
        zero_in_maximum: the spatial gates' maximum over channels is at least zero, as if pruned channels, which are
            zero, still took part.
    """

    network: str = field(default="v1", init=False)
    backbone: BackboneConfig = BackboneConfig(activation="leaky_relu", padding="symmetric")
    mean: tuple[float, float, float] = (104.0, 117.0, 123.0)
    anchors: AnchorConfig = TWO_PER_CELL
    pyramid_channels: int = 56
    upper_channels: tuple[int, ...] = ()
    pyramid_layers: int = 2
    attention: str = choice("cbam", "none")
    attention_reduction: int = 16
    attention_hidden: tuple[int, ...] = ()
    pyramid_attention_hidden: tuple[int, ...] = ()
    context: str = choice("deformable", "standard")
    context_widths: tuple[tuple[int, ...], ...] = ()
    shuffle_groups: int = 2
    class_logits: int = choice(2, 1)
    zero_in_maximum: bool = False

    def __post_init__(self):
        check_fields(self)
        check_widths(self, "upper_channels", LEVELS - 1)
        if self.pyramid_layers > 1 and self.level_channels[1] != self.pyramid_channels:
            raise ValueError(
                f"upper_channels is {self.upper_channels}; P4 should have the {self.pyramid_channels} pyramid_channels"
            )
        self.check()
        check_widths(self, "attention_hidden", LEVELS)
        check_widths(self, "pyramid_attention_hidden", LEVELS)

    @property
    def level_channels(self) -> tuple[int, int, int]:
        """Channels of P3, P4, P5 as they leave the pyramid."""
        return (self.pyramid_channels, *self.upper_channels) if self.upper_channels else super().level_channels

    def explicit(self) -> "V1Config":
        """The same network with every derived width written into its field."""
        widths = {"upper_channels": self.level_channels[1:], "context_widths": self.branch_widths}
        if self.attention == "cbam":
            widths["attention_hidden"] = self.attention_hidden or hidden_widths(
                self.backbone.level_widths, self.attention_reduction
            )
            widths["pyramid_attention_hidden"] = self.pyramid_attention_hidden or hidden_widths(
                self.level_channels, self.attention_reduction
            )
        return dataclasses.replace(self, **widths)
