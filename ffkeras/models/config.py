"""The networks' configurations by name, to JSON and back: one is saved beside the weights of every run. No TensorFlow.

Each stands beside its network: `v1_config.py`, `v2_ultra_config.py`, `nano_b_config.py`.
"""

import dataclasses

from ffkeras.errors import UserError
from ffkeras.files import read_json
from ffkeras.geometry import AnchorConfig
from ffkeras.models.backbone_config import BackboneConfig
from ffkeras.models.featherface_config import THREE_PER_CELL, TWO_PER_CELL
from ffkeras.models.nano_b_config import NanoBConfig
from ffkeras.models.v1_config import V1Config
from ffkeras.models.v2_ultra_config import V2UltraConfig

__all__ = [
    "NETWORKS",
    "THREE_PER_CELL",
    "TWO_PER_CELL",
    "BackboneConfig",
    "NanoBConfig",
    "NetworkConfig",
    "V1Config",
    "V2UltraConfig",
    "config_from_json",
    "config_to_json",
    "default_config",
    "read_config",
]

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
