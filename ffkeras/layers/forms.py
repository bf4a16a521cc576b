"""What primitive layers compute in place of their own `call`: one table {layer type: form} for each use of a network.

The sums are the same; what differs is how fast they and their gradients are computed, and whether a converter or a
compiler knows the operations. `FlatNetwork.run` applies a table.
"""

from collections.abc import Callable, Mapping

from ffkeras.backend import keras
from ffkeras.layers.batch_norm import BatchNorm
from ffkeras.layers.convolution import Conv2D
from ffkeras.layers.deformable_convolution import ModulatedConvolution

Form = Callable[..., object]
"""Takes a layer, its input or list of inputs, and the call's keyword arguments; gives the output."""
Forms = Mapping[type[keras.layers.Layer], Form]

AS_THEY_ARE: Forms = {}


def called_with(**arguments) -> Form:
    """The layer's own call, with these keyword arguments."""
    return lambda layer, inputs, **others: layer(inputs, **arguments, **others)


def training_forms(frozen_norm: bool = False) -> Forms:
    """For training.

    Args:
        frozen_norm: normalise by moving statistics, as in inference, and keep them.
    """
    return {BatchNorm: called_with(training=True, frozen=frozen_norm), Conv2D: called_with(training=True)}


EXPORT: Forms = {Conv2D: called_with(native_groups=True), ModulatedConvolution: called_with(gathered=True)}
"""For .tflite files."""
