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


@dataclass(frozen=True)
class BackboneConfig:
    """The backbone.

    Args:
        widths: output channels of the stem and the 13 blocks; any numbers, as pruning finds them.
        activation: `relu`, `relu6` or `leaky_relu`.
        padding: `same` (TensorFlow's) or `symmetric` (PyTorch's).
    """

    widths: tuple[int, ...] = BACKBONE_WIDTHS
    activation: str = "relu6"
    padding: str = "same"

    def __post_init__(self):
        object.__setattr__(self, "widths", tuple(self.widths))

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
    """

    network: str = field(default="v1", init=False)
    backbone: BackboneConfig = BackboneConfig(activation="leaky_relu", padding="symmetric")
    mean: tuple[float, float, float] = (104.0, 117.0, 123.0)
    anchors: AnchorConfig = TWO_PER_CELL
    pyramid_channels: int = 56
    pyramid_layers: int = 2
    attention: str = "cbam"
    attention_reduction: int = 16
    context: str = "deformable"
    shuffle_groups: int = 2

    def __post_init__(self):
        for name, choices in (("attention", ("cbam", "none")), ("context", ("deformable", "standard"))):
            if getattr(self, name) not in choices:
                raise UserError(f"v1's {name} is {getattr(self, name)!r}; it should be {' or '.join(choices)}.")


@dataclass(frozen=True)
class V2UltraConfig:
    """FeatherFace V2 Ultra. Every module can be switched off for ablation.

    Args:
        mean: BGR value that is taken off the image; 128 makes the int8 input exactly pixel - 128.
        activation: outside the backbone.
        trunk_channels: of the trunk shared by levels and tasks; 0 for none.
    """

    network: str = field(default="v2_ultra", init=False)
    backbone: BackboneConfig = BackboneConfig()
    mean: tuple[float, float, float] = (128.0, 128.0, 128.0)
    anchors: AnchorConfig = TWO_PER_CELL
    activation: str = "relu6"
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
    trunk_channels: int = 16

    def __post_init__(self):
        needs = [name for name in ("smart_feature_reuse", "attention_multiplication") if getattr(self, name)]
        if needs and not self.pyramid_attention:
            raise UserError(f"{' and '.join(needs)} use the pyramid attention; switch them off with it.")


@dataclass(frozen=True)
class NanoBConfig:
    """FeatherFace Nano-B Enhanced, before or after pruning.

    Args:
        scale_decoupling, mse_fpn, assn: the three modules for small faces, each switchable; without `assn` P3 has the
            same second CBAM as P4 and P5.
    """

    network: str = field(default="nano_b", init=False)
    backbone: BackboneConfig = BackboneConfig()
    mean: tuple[float, float, float] = (128.0, 128.0, 128.0)
    anchors: AnchorConfig = THREE_PER_CELL
    activation: str = "relu6"
    pyramid_channels: int = 32
    pyramid_layers: int = 2
    attention: bool = True
    attention_reduction: int = 16
    scale_decoupling: bool = True
    mse_fpn: bool = True
    assn: bool = True
    context: bool = True
    shuffle_groups: int = 4


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
        UserError: an unknown network or field, or a value of the wrong kind.
    """
    values = dict(values)
    network = values.pop("network", None)
    if network not in NETWORKS:
        raise UserError(f"{name} is of network {network!r}; it should be one of {', '.join(NETWORKS)}.")
    kind = NETWORKS[network]
    try:
        for key, nested in _NESTED.items():
            if key in values:
                values[key] = nested(**values[key])
        values = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise UserError(f"{name} is not a configuration of {network}: {error}.") from error
