"""The base of every block, and the switch that lays blocks open as a flat graph of primitive layers."""

import contextlib
from collections.abc import Callable, Iterator

from ffkeras.backend import keras

Filters = Callable[[keras.layers.Layer], int]
"""Says how many filters a layer with a kernel shall have; blocks give the widths that follow for their arguments."""

_flattening = False


class Block(keras.layers.Layer):
    """A layer made of other layers, which int8 quantization-aware training can reach.

    Called on a Keras tensor inside `flattening()`, a block runs its `call` in place, nested blocks too, so that only
    its primitive layers become nodes of the functional graph. Both graphs share every weight. A block must therefore
    use Keras layers alone, no raw TensorFlow operation.
    """

    def __call__(self, *args, **kwargs):
        """Call the block; as a node of its own, or laid open inside `flattening()`."""
        return self.call(*args, **kwargs) if _flattening else super().__call__(*args, **kwargs)


@contextlib.contextmanager
def flattening() -> Iterator[None]:
    """Inside this context a block adds its primitive layers to the graph instead of itself."""
    global _flattening
    before, _flattening = _flattening, True
    try:
        yield
    finally:
        _flattening = before
