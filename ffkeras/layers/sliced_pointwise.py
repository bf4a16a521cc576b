"""A 1x1 convolution whose weights serve several widths."""

from ffkeras.backend import keras, tf


class SlicedPointwise(keras.layers.Layer):
    """1x1 convolution with bias; narrower inputs and outputs use the leading part of the weights.

    Args:
        in_channels: widest input.
        filters: widest output.
        activation: name of a Keras activation.
    """

    def __init__(self, in_channels: int, filters: int, activation: str = "linear", **kwargs):
        super().__init__(**kwargs)
        self.in_channels, self.filters = in_channels, filters
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        """Make the weights of the widest case."""
        shape = (1, 1, self.in_channels, self.filters)
        self.kernel = self.add_weight("kernel", shape, initializer="glorot_uniform")
        self.bias = self.add_weight("bias", (self.filters,), initializer="zeros")
        super().build(input_shape)

    def call(self, x, filters: int | None = None):
        """[B, H, W, C] -> [B, H, W, filters], C <= in_channels, filters <= self.filters (the default)."""
        filters = filters or self.filters
        kernel = self.sliced_kernel(x.shape[-1], filters)
        return self.activation(tf.nn.conv2d(x, kernel, 1, "SAME") + self.bias[:filters])

    def sliced_kernel(self, in_channels: int, filters: int):
        """The leading part of the weights, [1, 1, in_channels, filters]."""
        return self.kernel[:, :, :in_channels, :filters]

    def get_config(self):
        """Arguments to make the layer again."""
        own = {"in_channels": self.in_channels, "filters": self.filters}
        return {**super().get_config(), **own, "activation": keras.activations.serialize(self.activation)}
