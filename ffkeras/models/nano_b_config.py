"""What FeatherFace Nano-B is made of, a field for each switch and width; built by `nano_b.py`. No TensorFlow."""

import dataclasses
from dataclasses import dataclass, field

from ffkeras.geometry import AnchorConfig
from ffkeras.models.backbone_config import BackboneConfig
from ffkeras.models.config_fields import check_widths, choice
from ffkeras.models.featherface_config import LEVELS, THREE_PER_CELL, FeatherFaceConfig
from ffkeras.models.specified_widths import (
    FOUR_BRANCH_OUTPUTS,
    GUIDANCE_REDUCTION,
    INJECTION_REDUCTION,
    four_branch_widths,
    hidden_widths,
)


@dataclass(frozen=True)
class NanoBConfig(FeatherFaceConfig):
    """FeatherFace Nano-B Enhanced, before or after pruning.

    Widths that are empty are those of the specification, which follow from the other fields.

    Args:
        share_pyramid: one convolution for the four nodes of a BiFPN layer (BiFPN_Light), instead of one each at the
            same multiply-accumulates.
        attention_hidden: see `V1Config`.
        pyramid_attention_hidden: likewise, of the levels that have a second CBAM: P4 and P5, without `assn` P3 first.
        scale_decoupling, mse_fpn, assn: the three modules for small faces, each switchable; without `assn` P3 has the
            same second CBAM as P4 and P5.
        scale_decoupling_widths: the enhancer's two bottlenecks and the suppressor's one.
        injection_hidden, guidance_hidden: hidden channels of MSE-FPN's two bottlenecks at P3, P4, P5; empty: a quarter
            and an eighth of the channels.
        assn_width: of ASSN's bottlenecks, which are summed.
        context_widths: at P3, P4, P5 each the five convolutions of `ffkeras.layers.SSHFourBranches`, in its order.
        shuffle_groups, class_logits, zero_in_maximum: see `V1Config`.
    """

    network: str = field(default="nano_b", init=False)
    backbone: BackboneConfig = BackboneConfig()
    mean: tuple[float, float, float] = (128.0, 128.0, 128.0)
    anchors: AnchorConfig = THREE_PER_CELL
    activation: str = choice("relu6", "relu", "leaky_relu", "swish")
    pyramid_channels: int = 32
    pyramid_layers: int = 2
    share_pyramid: bool = True
    attention: bool = True
    attention_reduction: int = 16
    attention_hidden: tuple[int, ...] = ()
    pyramid_attention_hidden: tuple[int, ...] = ()
    scale_decoupling: bool = True
    scale_decoupling_widths: tuple[int, int, int] = (4, 4, 4)  # near the budget of 1.5 K parameters at 64 channels
    mse_fpn: bool = True
    injection_hidden: tuple[int, ...] = ()
    guidance_hidden: tuple[int, ...] = ()
    assn: bool = True
    assn_width: int = 12  # about 2 K parameters in all at 32 channels
    context: bool = True
    context_widths: tuple[tuple[int, ...], ...] = ()
    shuffle_groups: int = 4
    class_logits: int = choice(2, 1)
    zero_in_maximum: bool = False

    _branch_widths = staticmethod(four_branch_widths)
    _outputs = FOUR_BRANCH_OUTPUTS

    def __post_init__(self):
        self.check()
        check_widths(self, "attention_hidden", LEVELS)
        check_widths(self, "pyramid_attention_hidden", len(self.attended_levels))
        check_widths(self, "scale_decoupling_widths", 3, may_be_empty=False)
        check_widths(self, "injection_hidden", LEVELS)
        check_widths(self, "guidance_hidden", LEVELS)

    @property
    def attended_levels(self) -> tuple[int, ...]:
        """Levels with a second CBAM, if there is attention: 0 is P3."""
        return (1, 2) if self.assn else (0, 1, 2)

    def explicit(self) -> "NanoBConfig":
        """The same network with every derived width written into its field."""
        channels = self.pyramid_channels
        widths = {"context_widths": self.branch_widths}
        if self.attention:
            widths["attention_hidden"] = self.attention_hidden or hidden_widths(
                self.backbone.level_widths, self.attention_reduction
            )
            widths["pyramid_attention_hidden"] = self.pyramid_attention_hidden or hidden_widths(
                (channels,) * len(self.attended_levels), self.attention_reduction
            )
        if self.mse_fpn:
            widths["injection_hidden"] = self.injection_hidden or hidden_widths(
                (channels,) * LEVELS, INJECTION_REDUCTION
            )
            widths["guidance_hidden"] = self.guidance_hidden or hidden_widths((channels,) * LEVELS, GUIDANCE_REDUCTION)
        return dataclasses.replace(self, **widths)
