"""BiFPN's fast normalised fusion (Tan et al. 2020, sec. 3.3)."""

from ffkeras.backend import keras, tf

EPSILON = 1e-4


class FastFusion(keras.layers.Layer):
    """sum(relu(w_i) * x_i) / (sum(relu(w)) + 1e-4) over maps of one shape, w learned, starting at one.

    Args:
        inputs: number of maps.
    """

    def __init__(self, inputs: int, **kwargs):
        super().__init__(**kwargs)
        self.inputs = inputs

    def build(self, input_shape):
        """Make the fusion weights."""
        self.fusion_weights = self.add_weight("fusion_weights", (self.inputs,), initializer="ones")
        super().build(input_shape)

    def normalised_weights(self):
        """The factors [inputs] that the maps are multiplied with."""
        weights = tf.nn.relu(self.fusion_weights)
        return weights / (tf.reduce_sum(weights) + EPSILON)

    def call(self, maps):
        """List of [B, H, W, C] -> [B, H, W, C]."""
        weights = self.normalised_weights()
        total = weights[0] * maps[0]
        for i, x in enumerate(maps[1:], start=1):
            total = total + weights[i] * x  # not tf.add_n, which has no int8 kernel
        return total

    def get_config(self):
        """Arguments to make the layer again."""
        return {**super().get_config(), "inputs": self.inputs}
