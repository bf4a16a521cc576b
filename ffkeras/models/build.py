"""From a name or a configuration to a network with weights."""

from ffkeras.backend import tf
from ffkeras.models.config import NetworkConfig, default_config
from ffkeras.models.featherface import SMALLEST_SIZE, FeatherFace
from ffkeras.models.nano_b import NanoB
from ffkeras.models.v1 import V1
from ffkeras.models.v2_ultra import V2Ultra

_CLASSES = {"v1": V1, "v2_ultra": V2Ultra, "nano_b": NanoB}


def build_model(config: str | NetworkConfig) -> FeatherFace:
    """Make a network with fresh weights.

    Args:
        config: `v1`, `v2_ultra`, `nano_b`, or a configuration.

    Raises:
        UserError: an unknown name.
    """
    if isinstance(config, str):
        config = default_config(config)
    model = _CLASSES[config.network](config)
    model(tf.zeros((1, SMALLEST_SIZE, SMALLEST_SIZE, 3)))
    model.set_face_prior()
    return model
