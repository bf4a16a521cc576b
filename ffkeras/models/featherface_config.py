"""What the configurations of the three networks have in common. No TensorFlow."""

from ffkeras.geometry import AnchorConfig
from ffkeras.models.config_fields import are_widths, check_fields
from ffkeras.models.specified_widths import QUARTERS, THREE_BRANCH_OUTPUTS, three_branch_widths

TWO_PER_CELL = AnchorConfig(((16, 32), (64, 128), (256, 512)))
THREE_PER_CELL = AnchorConfig(((10, 16, 27), (44, 72, 117), (191, 313, 512)))  # geometric from 10 to 512, factor 1.64

LEVELS = 3
CONTEXT_CONVOLUTIONS = 5  # in a context head of either kind


class FeatherFaceConfig:
    """The base of the networks' configurations, frozen dataclasses: what they derive from their fields, and check."""

    _branch_widths = staticmethod(three_branch_widths)
    _outputs = THREE_BRANCH_OUTPUTS

    @property
    def level_channels(self) -> tuple[int, int, int]:
        """Channels of P3, P4, P5 as they leave the pyramid."""
        return (self.pyramid_channels,) * LEVELS

    @property
    def branch_widths(self) -> tuple[tuple[int, ...], ...]:
        """Widths in the context heads of P3, P4, P5, given or derived; empty without context heads."""
        if not self.context:
            return ()
        return self.context_widths or tuple(self._branch_widths(channels) for channels in self.level_channels)

    @property
    def head_channels(self) -> tuple[int, int, int]:
        """Channels of P3, P4, P5 as the detection heads read them."""
        if not self.context:
            return self.level_channels
        return tuple(sum(widths[i] for i in self._outputs) for widths in self.branch_widths)

    def check(self) -> None:
        """Hold the fields that all three networks have against their ranges, and against each other.

        Raises:
            ValueError: a value of the wrong kind, out of its range, or that does not go with others.
        """
        check_fields(self)
        if len(self.mean) != 3 or not all(type(value) in (int, float) and 0 <= value <= 255 for value in self.mean):
            raise ValueError(f"mean is {self.mean}; it should be three numbers from 0 to 255")
        if self.anchors.strides != TWO_PER_CELL.strides:
            raise ValueError(f"anchor strides are {self.anchors.strides}; the pyramid has {TWO_PER_CELL.strides}")
        self._check_context_widths()
        if any(channels % self.shuffle_groups for channels in self.head_channels):
            raise ValueError(
                f"shuffle_groups is {self.shuffle_groups}; it should divide the channels that the heads read, "
                f"{self.head_channels}"
            )

    def _check_context_widths(self) -> None:
        widths = self.context_widths
        if widths and not (len(widths) == LEVELS and all(are_widths(level, CONTEXT_CONVOLUTIONS) for level in widths)):
            wanted = f"{LEVELS} lists of {CONTEXT_CONVOLUTIONS} widths, whole numbers above zero"
            raise ValueError(f"context_widths is {widths!r:.80}; it should be empty or {wanted}")
        if self.context and not widths and min(self.level_channels) < QUARTERS:
            raise ValueError(
                f"pyramid_channels is {self.pyramid_channels}; it should be {QUARTERS} or more without context_widths"
            )
