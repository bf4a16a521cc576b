"""Channel shuffle (ShuffleNet, Zhang et al. 2018, fig. 1c)."""

from ffkeras.backend import keras, tf


class ChannelShuffle(keras.layers.Layer):
    """Reshape C to (groups, C / groups), transpose, flatten; no parameters.

    Args:
        groups: number of groups that are interleaved; divides C.
    """

    def __init__(self, groups: int, **kwargs):
        super().__init__(**kwargs)
        self.groups = groups

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C]: output channel i * groups + g is input channel g * C / groups + i."""
        dynamic = tf.shape(x)
        height, width = (x.shape[i] or dynamic[i] for i in (1, 2))
        channels = x.shape[-1]
        split = tf.reshape(x, (-1, height * width, self.groups, channels // self.groups))
        return tf.reshape(tf.transpose(split, (0, 1, 3, 2)), (-1, height, width, channels))

    def get_config(self):
        """Arguments to make the layer again."""
        return {**super().get_config(), "groups": self.groups}
