"""Networks for tests, each made once."""

import functools

import numpy as np

from ffkeras.backend import keras
from ffkeras.models import NetworkConfig, default_config
from ffkeras.models.build import build_model
from ffkeras.models.featherface import FeatherFace

SEED = 2  # one with which no channel gate's hidden units are all dead


def random_images(height: int = 64, width: int = 96, batch: int = 2) -> np.ndarray:
    return np.random.default_rng(4).uniform(-128, 127, (batch, height, width, 3)).astype(np.float32)


def lively_network(config: str | NetworkConfig) -> FeatherFace:
    """A network on which small differences show; do not change it, other tests use it too.

    Its BatchNorm statistics are those of random images, because a fresh network's maps fade to nothing.
    """
    return _made_once(default_config(config) if isinstance(config, str) else config)


@functools.cache
def _made_once(config: NetworkConfig) -> FeatherFace:
    keras.utils.set_random_seed(SEED)
    model = build_model(config)
    norms = [layer for layer in model.submodules if isinstance(layer, keras.layers.BatchNormalization)]
    momentum = norms[0].momentum
    for norm in norms:
        norm.momentum = 0.0  # take the batch's statistics at once
    model(random_images(), training=True)
    for norm in norms:
        norm.momentum = momentum
    return model


def count(*layers) -> int:
    """Trainable parameters, shared ones once."""
    weights = {id(w): w for layer in layers for w in layer.trainable_weights}
    return sum(int(np.prod(w.shape)) for w in weights.values())
