"""Activations by name."""

from ffkeras.backend import keras

LEAKY_SLOPE = 0.1  # the published V1 (RetinaFace's MobileNet)


def make_activation(name: str) -> keras.layers.Layer:
    """A new activation layer: `relu`, `relu6`, `leaky_relu` (slope 0.1), `swish` or `linear`.

    Raises:
        ValueError: another name.
    """
    if name == "relu":
        return keras.layers.ReLU()
    if name == "relu6":
        return keras.layers.ReLU(6.0)
    if name == "leaky_relu":
        return keras.layers.LeakyReLU(LEAKY_SLOPE)
    if name in ("swish", "linear"):
        return keras.layers.Activation(name)
    raise ValueError(f"activation {name!r} is not one of relu, relu6, leaky_relu, swish, linear")
