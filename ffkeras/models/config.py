"""What each network is made of: one frozen dataclass a network, saved as JSON beside its weights. No TensorFlow."""

import dataclasses
from dataclasses import dataclass, field

from ffkeras.errors import UserError
from ffkeras.geometry import AnchorConfig

# MobileNetV1-0.25: the stem, then 13 blocks (Howard et al. 2017, table 1).
BACKBONE_WIDTHS = (8, 16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256)
LEVEL_BLOCKS = (5, 11, 13)  # where P3, P4, P5 stand in BACKBONE_WIDTHS

TWO_PER_CELL = AnchorConfig(((16, 32), (64, 128), (256, 512)))
THREE_PER_CELL = AnchorConfig(((10, 16, 27), (44, 72, 117), (191, 313, 512)))  # geometric from 10 to 512, factor 1.64

_BRANCHES = 4  # the context heads divide the channels by it
_KINDS = {bool: "true or false", int: "a whole number", str: "a name", tuple: "a list"}


def _choice(default: str | int, *others: str | int):
    return field(default=default, metadata={"choices": (default, *others)})


def _check_fields(config) -> None:
    """Make tuples of lists; hold every field against its default's kind, its choices and its least value (1)."""
    for entry in dataclasses.fields(config):
        value, kind = getattr(config, entry.name), type(entry.default)
        if isinstance(value, list):
            value = tuple(value)
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


def _check_network(config: "NetworkConfig") -> None:
    """What holds for all three networks."""
    _check_fields(config)
    if len(config.mean) != 3 or not all(type(value) in (int, float) and 0 <= value <= 255 for value in config.mean):
        raise ValueError(f"mean is {config.mean}; it should be three numbers from 0 to 255")
    if config.anchors.strides != TWO_PER_CELL.strides:
        raise ValueError(f"anchor strides are {config.anchors.strides}; the pyramid has {TWO_PER_CELL.strides}")
    if config.pyramid_channels < _BRANCHES:
        raise ValueError(f"pyramid_channels is {config.pyramid_channels}; it should be {_BRANCHES} or more")
    if config.pyramid_channels % config.shuffle_groups:
        raise ValueError(f"shuffle_groups is {config.shuffle_groups}; it should divide pyramid_channels")


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
        wanted = len(BACKBONE_WIDTHS)
        if len(self.widths) != wanted or not all(type(width) is int and width > 0 for width in self.widths):
            raise ValueError(f"widths is {self.widths}; it should be {wanted} widths, whole numbers above zero")

    @property
    def level_widths(self) -> tuple[int, int, int]:
        """Channels of P3, P4, P5."""
        return tuple(self.widths[i] for i in LEVEL_BLOCKS)


@dataclass(frozen=True)
class V1Config:
    """FeatherFace V1, the teacher.

    Args:
        attention: `cbam` (502 K parameters) or `none` (489,015: the published weights).
        context: `deformable` (DCNv2) or `standard` (plain 3x3, for TFLite and microcontrollers).
        shuffle_groups: of the channel shuffle; 1 for none.
        class_logits: of an anchor: 2 (background, face), or 1, which stands for their difference.
    """

    network: str = field(default="v1", init=False)
    backbone: BackboneConfig = BackboneConfig(activation="leaky_relu", padding="symmetric")
    mean: tuple[float, float, float] = (104.0, 117.0, 123.0)
    anchors: AnchorConfig = TWO_PER_CELL
    pyramid_channels: int = 56
    pyramid_layers: int = 2
    attention: str = _choice("cbam", "none")
    attention_reduction: int = 16
    context: str = _choice("deformable", "standard")
    shuffle_groups: int = 2
    class_logits: int = _choice(2, 1)

    def __post_init__(self):
        _check_network(self)


@dataclass(frozen=True)
class V2UltraConfig:
    """FeatherFace V2 Ultra. Every module can be switched off for ablation.

    Args:
        mean: BGR value that is taken off the image; 128 makes the int8 input exactly pixel - 128.
        activation: outside the backbone.
        trunk_channels: of the trunk shared by levels and tasks; 0 for none.
        shuffle_groups, class_logits: see `V1Config`.
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
    pyramid_attention: bool = True
    pyramid_attention_reduction: int = 8
    smart_feature_reuse: bool = True
    attention_multiplication: bool = True
    progressive_enhancement: bool = True
    multi_scale_intelligence: bool = True
    dynamic_weight_sharing: bool = True
    context: bool = True
    context_groups: int = 4
    shuffle_groups: int = 4
    trunk_channels: int = field(default=16, metadata={"least": 0})
    class_logits: int = _choice(2, 1)

    def __post_init__(self):
        _check_network(self)
        needs = [name for name in ("smart_feature_reuse", "attention_multiplication") if getattr(self, name)]
        if needs and not self.pyramid_attention:
            raise ValueError(f"{' and '.join(needs)} use the pyramid attention; switch them off with it")
        quarter = self.pyramid_channels // _BRANCHES
        if self.context and (self.pyramid_channels % self.context_groups or quarter % self.context_groups):
            raise ValueError(
                f"context_groups is {self.context_groups}; it should divide {self.pyramid_channels} pyramid_channels "
                f"and a quarter of them, {quarter}"
            )


@dataclass(frozen=True)
class NanoBConfig:
    """FeatherFace Nano-B Enhanced, before or after pruning.

    Args:
        scale_decoupling, mse_fpn, assn: the three modules for small faces, each switchable; without `assn` P3 has the
            same second CBAM as P4 and P5.
        shuffle_groups, class_logits: see `V1Config`.
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
    scale_decoupling: bool = True
    mse_fpn: bool = True
    assn: bool = True
    context: bool = True
    shuffle_groups: int = 4
    class_logits: int = _choice(2, 1)

    def __post_init__(self):
        _check_network(self)


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
