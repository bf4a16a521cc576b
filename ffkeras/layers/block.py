"""The base of every block."""

from collections.abc import Callable

from ffkeras.backend import keras, tf

KerasTensor = keras.src.engine.keras_tensor.KerasTensor

Filters = Callable[[keras.layers.Layer], int]
"""Says how many filters a layer with a kernel shall have; blocks give the widths that follow for their arguments."""


class Block(keras.layers.Layer):
    """A layer made of other layers, that can be laid open as a flat graph of primitive ones.

    Called on a Keras tensor, a block runs its `call` in place, nested blocks too, so that only its primitive layers
    become nodes of the functional graph, with every weight shared. A block must therefore use Keras layers alone, no
    raw TensorFlow operation.
    """

    def __call__(self, *args, **kwargs):
        """Call the block; on a Keras tensor, its primitive layers."""
        symbolic = any(isinstance(value, KerasTensor) for value in tf.nest.flatten((args, kwargs)))
        return self.call(*args, **kwargs) if symbolic else super().__call__(*args, **kwargs)


def identity(x):
    """Stands in a network where a part is switched off: the map goes on as it is. No layer, it leaves no trace."""
    return x
