"""A map times a constant."""

from ffkeras.backend import keras


class ConstantFactor(keras.layers.Layer):
    """x * factor; the factor is saved with the weights and is not trained.

    Args:
        factor: its value at first.
    """

    def __init__(self, factor: float, **kwargs):
        super().__init__(**kwargs)
        self.initial_factor = factor

    def build(self, input_shape):
        """Make the factor."""
        initializer = keras.initializers.Constant(self.initial_factor)
        self.factor = self.add_weight("factor", (), initializer=initializer, trainable=False)
        super().build(input_shape)

    def call(self, x):
        """Any shape -> the same."""
        return x * self.factor

    def get_config(self):
        """Arguments to make the layer again."""
        return {**super().get_config(), "factor": self.initial_factor}
