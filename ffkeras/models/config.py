"""What each network is made of: one frozen dataclass a network, saved as JSON beside its weights. No TensorFlow."""

import dataclasses
import itertools
from dataclasses import dataclass, field

from ffkeras.errors import UserError
from ffkeras.files import read_json
from ffkeras.geometry import AnchorConfig
from ffkeras.models.specified_widths import (
    FOUR_BRANCH_OUTPUTS,
    GUIDANCE_REDUCTION,
    INJECTION_REDUCTION,
    QUARTERS,
    THREE_BRANCH_OUTPUTS,
    four_branch_widths,
    hidden_width,
    three_branch_widths,
)

# MobileNetV1-0.25: the stem, then 13 blocks (Howard et al. 2017, table 1).
BACKBONE_WIDTHS = (8, 16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256)
LEVEL_BLOCKS = (5, 11, 13)  # where P3, P4, P5 stand in BACKBONE_WIDTHS

TWO_PER_CELL = AnchorConfig(((16, 32), (64, 128), (256, 512)))
THREE_PER_CELL = AnchorConfig(((10, 16, 27), (44, 72, 117), (191, 313, 512)))  # geometric from 10 to 512, factor 1.64

LEVELS = 3
CONTEXT_CONVOLUTIONS = 5  # in a context head of either kind
_KINDS = {bool: "true or false", int: "a whole number", str: "a name", tuple: "a list"}


def _choice(default: str | int, *others: str | int):
    return field(default=default, metadata={"choices": (default, *others)})


def _check_fields(config) -> None:
    """Make tuples of lists; hold every field against its default's kind, its choices and its least value (1)."""
    for entry in dataclasses.fields(config):
        value, kind = getattr(config, entry.name), type(entry.default)
        if isinstance(value, list):
            value = tuple(tuple(inner) if isinstance(inner, list) else inner for inner in value)
            object.__setattr__(config, entry.name, value)
        received = f"{entry.name} is {value!r:.80}"
        if type(value) is not kind:  # isinstance would let true pass for 1
            raise ValueError(f"{received}; it should be {_KINDS.get(kind, 'an object')}")
        choices = entry.metadata.get("choices", (value,))
        if value not in choices:
            raise ValueError(f"{received}; it should be {' or '.join(map(str, choices))}")
        least = entry.metadata.get("least", 1)
        if kind is int and value < least:
            raise ValueError(f"{received}; it should be {least} or more")


def _are_widths(values: object, count: int) -> bool:
    return isinstance(values, tuple) and len(values) == count and all(type(v) is int and v > 0 for v in values)


def _check_widths(config: "NetworkConfig | BackboneConfig", name: str, count: int, may_be_empty: bool = True) -> None:
    """Hold a list of widths against its length; an empty one stands for the specification's widths."""
    widths = getattr(config, name)
    if not (_are_widths(widths, count) or (may_be_empty and not widths)):
        wanted = f"{count} widths, whole numbers above zero"
        raise ValueError(f"{name} is {widths!r:.80}; it should be {'empty or ' * may_be_empty}{wanted}")


def _check_context_widths(config: "NetworkConfig") -> None:
    widths = config.context_widths
    if widths and not (len(widths) == LEVELS and all(_are_widths(level, CONTEXT_CONVOLUTIONS) for level in widths)):
        wanted = f"{LEVELS} lists of {CONTEXT_CONVOLUTIONS} widths, whole numbers above zero"
        raise ValueError(f"context_widths is {widths!r:.80}; it should be empty or {wanted}")
    if config.context and not widths and min(config.level_channels) < QUARTERS:
        raise ValueError(
            f"pyramid_channels is {config.pyramid_channels}; it should be {QUARTERS} or more without context_widths"
        )


def _check_network(config: "NetworkConfig") -> None:
    """What holds for all three networks."""
    _check_fields(config)
    if len(config.mean) != 3 or not all(type(value) in (int, float) and 0 <= value <= 255 for value in config.mean):
        raise ValueError(f"mean is {config.mean}; it should be three numbers from 0 to 255")
    if config.anchors.strides != TWO_PER_CELL.strides:
        raise ValueError(f"anchor strides are {config.anchors.strides}; the pyramid has {TWO_PER_CELL.strides}")
    _check_context_widths(config)
    if any(channels % config.shuffle_groups for channels in config.head_channels):
        raise ValueError(
            f"shuffle_groups is {config.shuffle_groups}; it should divide the channels that the heads read, "
            f"{config.head_channels}"
        )


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
    activation: str = _choice("relu6", "relu", "leaky_relu")
    padding: str = _choice("same", "symmetric")

    def __post_init__(self):
        _check_fields(self)
        _check_widths(self, "widths", len(BACKBONE_WIDTHS), may_be_empty=False)

    @property
    def level_widths(self) -> tuple[int, int, int]:
        """Channels of P3, P4, P5."""
        return tuple(self.widths[i] for i in LEVEL_BLOCKS)


class _Widths:
    """What the configurations of all networks derive from their fields."""

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


@dataclass(frozen=True)
class V1Config(_Widths):
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
    attention: str = _choice("cbam", "none")
    attention_reduction: int = 16
    attention_hidden: tuple[int, ...] = ()
    pyramid_attention_hidden: tuple[int, ...] = ()
    context: str = _choice("deformable", "standard")
    context_widths: tuple[tuple[int, ...], ...] = ()
    shuffle_groups: int = 2
    class_logits: int = _choice(2, 1)
    zero_in_maximum: bool = False

    def __post_init__(self):
        _check_fields(self)
        _check_widths(self, "upper_channels", LEVELS - 1)
        if self.pyramid_layers > 1 and self.level_channels[1] != self.pyramid_channels:
            raise ValueError(
                f"upper_channels is {self.upper_channels}; P4 should have the {self.pyramid_channels} pyramid_channels"
            )
        _check_network(self)
        _check_widths(self, "attention_hidden", LEVELS)
        _check_widths(self, "pyramid_attention_hidden", LEVELS)

    @property
    def level_channels(self) -> tuple[int, int, int]:
        """Channels of P3, P4, P5 as they leave the pyramid."""
        return (self.pyramid_channels, *self.upper_channels) if self.upper_channels else super().level_channels

    def explicit(self) -> "V1Config":
        """The same network with every derived width written into its field."""
        widths = {"upper_channels": self.level_channels[1:], "context_widths": self.branch_widths}
        if self.attention == "cbam":
            widths["attention_hidden"] = self.attention_hidden or _hidden(
                self.backbone.level_widths, self.attention_reduction
            )
            widths["pyramid_attention_hidden"] = self.pyramid_attention_hidden or _hidden(
                self.level_channels, self.attention_reduction
            )
        return dataclasses.replace(self, **widths)


@dataclass(frozen=True)
class V2UltraConfig(_Widths):
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
    activation: str = _choice("relu6", "relu", "leaky_relu", "swish")
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
    class_logits: int = _choice(2, 1)
    zero_in_maximum: bool = False

    def __post_init__(self):
        _check_network(self)
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


@dataclass(frozen=True)
class NanoBConfig(_Widths):
    """FeatherFace Nano-B Enhanced, before or after pruning.

    Widths that are empty are those of the specification, which follow from the other fields.

    Args:
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
    activation: str = _choice("relu6", "relu", "leaky_relu", "swish")
    pyramid_channels: int = 32
    pyramid_layers: int = 2
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
    class_logits: int = _choice(2, 1)
    zero_in_maximum: bool = False

    _branch_widths = staticmethod(four_branch_widths)
    _outputs = FOUR_BRANCH_OUTPUTS

    def __post_init__(self):
        _check_network(self)
        _check_widths(self, "attention_hidden", LEVELS)
        _check_widths(self, "pyramid_attention_hidden", len(self.attended_levels))
        _check_widths(self, "scale_decoupling_widths", 3, may_be_empty=False)
        _check_widths(self, "injection_hidden", LEVELS)
        _check_widths(self, "guidance_hidden", LEVELS)

    @property
    def attended_levels(self) -> tuple[int, ...]:
        """Levels with a second CBAM, if there is attention: 0 is P3."""
        return (1, 2) if self.assn else (0, 1, 2)

    def explicit(self) -> "NanoBConfig":
        """The same network with every derived width written into its field."""
        channels = self.pyramid_channels
        widths = {"context_widths": self.branch_widths}
        if self.attention:
            widths["attention_hidden"] = self.attention_hidden or _hidden(
                self.backbone.level_widths, self.attention_reduction
            )
            widths["pyramid_attention_hidden"] = self.pyramid_attention_hidden or _hidden(
                (channels,) * len(self.attended_levels), self.attention_reduction
            )
        if self.mse_fpn:
            widths["injection_hidden"] = self.injection_hidden or _hidden((channels,) * LEVELS, INJECTION_REDUCTION)
            widths["guidance_hidden"] = self.guidance_hidden or _hidden((channels,) * LEVELS, GUIDANCE_REDUCTION)
        return dataclasses.replace(self, **widths)


def _hidden(channels: tuple[int, ...], reduction: int) -> tuple[int, ...]:
    return tuple(hidden_width(count, reduction) for count in channels)


NetworkConfig = V1Config | V2UltraConfig | NanoBConfig
NETWORKS = {"v1": V1Config, "v2_ultra": V2UltraConfig, "nano_b": NanoBConfig}
_NESTED = {"backbone": BackboneConfig, "anchors": AnchorConfig}


def default_config(network: str) -> NetworkConfig:
    """The configuration of `v1`, `v2_ultra` or `nano_b` as the specification has it.

    Raises:
        UserError: another name.
    """
    if network not in NETWORKS:
        raise UserError(f"there is no network {network!r}; choose one of {', '.join(NETWORKS)}.")
    return NETWORKS[network]()


def config_to_json(config: NetworkConfig) -> dict:
    """The configuration as a JSON object; `config_from_json` reads it back to an equal one."""
    return dataclasses.asdict(config)


def read_config(name: str) -> NetworkConfig:
    """The configuration of a network by its name, or from its JSON file.

    Raises:
        UserError: an unknown name, a file that cannot be read, or one that is no configuration.
    """
    return config_from_json(read_json(name), name) if name.endswith(".json") else default_config(name)


def config_from_json(values: dict, name: str = "the configuration") -> NetworkConfig:
    """Read a configuration.

    Args:
        values: as `config_to_json` gives; absent fields take their defaults.
        name: of the file, for error sentences.

    Raises:
        UserError: an unknown network or field, or a value of the wrong kind or out of its range.
    """
    values = dict(values) if isinstance(values, dict) else {}
    network = values.pop("network", None)
    if network not in tuple(NETWORKS):  # a list has no hash
        raise UserError(f"{name} is of network {network!r}; it should be one of {', '.join(NETWORKS)}.")
    try:
        for key, nested in _NESTED.items():
            if isinstance(values.get(key), dict):
                values[key] = nested(**values[key])
        return NETWORKS[network](**values)
    except (TypeError, ValueError) as error:
        raise UserError(f"{name} is not a configuration of {network}: {error}.") from error
