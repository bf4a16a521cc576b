"""The three networks. Takes a configuration, gives a Keras model: images to classes, boxes and landmarks.

This package imports no TensorFlow, so that configurations can be read without; what makes networks is imported by its
full name: `ffkeras.models.build`, `ffkeras.models.saving`, `ffkeras.models.v2_ultra` and so on.
"""

from ffkeras.models.config import (
    NETWORKS,
    BackboneConfig,
    NanoBConfig,
    NetworkConfig,
    V1Config,
    V2UltraConfig,
    config_from_json,
    config_to_json,
    default_config,
    read_config,
)

__all__ = [
    "NETWORKS",
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
