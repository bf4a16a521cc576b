"""What the backbone is made of. No TensorFlow."""

from dataclasses import dataclass

from ffkeras.models.config_fields import check_fields, check_widths, choice

# MobileNetV1-0.25: the stem, then 13 blocks (Howard et al. 2017, table 1).
BACKBONE_WIDTHS = (8, 16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256)
LEVEL_BLOCKS = (5, 11, 13)  # where P3, P4, P5 stand in BACKBONE_WIDTHS


@dataclass(frozen=True)
class BackboneConfig:
    """The backbone.

    Args:
        widths: output channels of the stem and the 13 blocks; any numbers, as pruning finds them.
        activation: `relu`, `relu6` or `leaky_relu`.
        padding: `same` (TensorFlow's) or `symmetric` (PyTorch's).

    Raises:
        ValueError: a value of the wrong kind or out of its range, as in the networks' configurations.
    """

    widths: tuple[int, ...] = BACKBONE_WIDTHS
    activation: str = choice("relu6", "relu", "leaky_relu")
    padding: str = choice("same", "symmetric")

    def __post_init__(self):
        check_fields(self)
        check_widths(self, "widths", len(BACKBONE_WIDTHS), may_be_empty=False)

    @property
    def level_widths(self) -> tuple[int, int, int]:
        """Channels of P3, P4, P5."""
        return tuple(self.widths[i] for i in LEVEL_BLOCKS)
