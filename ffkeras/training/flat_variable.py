"""Many small arrays in one variable, saved in checkpoints as the many that they are."""

import numpy as np

from ffkeras.backend import tf


class FlatVariable:
    """One float32 vector [N] that holds a value for every number of some variables, in their order.

    A step then changes it in one operation instead of one for each variable, of which a network has hundreds.

    Args:
        like: the variables.
        copied: start with their values, not with zeros.

    Attributes:
        variable: the vector.
        parts: for checkpoints: one object for each variable, saved as a variable of its shape would be, so that
            checkpoints do not show how the values are kept.
    """

    def __init__(self, like: list[tf.Variable], copied: bool = False):
        sizes = [int(np.prod(variable.shape)) for variable in like]
        start = [variable.numpy().ravel() if copied else np.zeros(n) for variable, n in zip(like, sizes, strict=True)]
        self.variable = tf.Variable(np.concatenate(start, dtype=np.float32), trainable=False)
        begins = np.cumsum([0, *sizes[:-1]]).tolist()
        self.parts = [
            FlatPart(self.variable, begin, variable.shape) for begin, variable in zip(begins, like, strict=True)
        ]

    def split(self) -> list:
        """Its values as arrays of the variables' shapes."""
        return [part.value() for part in self.parts]


class FlatPart(tf.__internal__.tracking.Trackable):
    """A range of a flat variable, as an object of a checkpoint.

    Args:
        whole: the flat variable.
        begin: of the range.
        shape: of the values.
    """

    def __init__(self, whole: tf.Variable, begin: int, shape: tf.TensorShape):
        self._whole, self._shape = whole, shape
        self._range = slice(begin, begin + shape.num_elements())

    def value(self):
        """The values, in their shape."""
        return tf.reshape(self._whole[self._range], self._shape)

    def _serialize_to_tensors(self):
        return {"VARIABLE_VALUE": self.value()}  # the name under which a variable is saved

    def _restore_from_tensors(self, restored_tensors):
        return self._whole[self._range].assign(tf.reshape(restored_tensors["VARIABLE_VALUE"], (-1,)))


def flatten(values: list) -> tf.Tensor:
    """Tensors or variables of any shapes -> one vector [N]."""
    return tf.concat([tf.reshape(value, (-1,)) for value in values], axis=0)
