"""The three networks. Takes a configuration, gives a Keras model: images to classes, boxes and landmarks."""

from ffkeras.models.build import build_model
from ffkeras.models.config import (
    BackboneConfig,
    NanoBConfig,
    NetworkConfig,
    V1Config,
    V2UltraConfig,
    config_from_json,
    config_to_json,
    default_config,
)
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.nano_b import NanoB
from ffkeras.models.saving import load_run, load_weights, save_run
from ffkeras.models.v1 import V1
from ffkeras.models.v2_ultra import V2Ultra

__all__ = [
    "V1",
    "BackboneConfig",
    "FeatherFace",
    "NanoB",
    "NanoBConfig",
    "NetworkConfig",
    "V1Config",
    "V1Config",
    "V2Ultra",
    "V2UltraConfig",
    "build_model",
    "config_from_json",
    "config_to_json",
    "default_config",
    "load_run",
    "load_weights",
    "save_run",
]
