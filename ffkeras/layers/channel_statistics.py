"""Mean and maximum over channels: the two maps that CBAM's spatial gate looks at."""

from ffkeras.backend import keras, tf


class ChannelMean(keras.layers.Layer):
    """[B, H, W, C] -> [B, H, W, 1], mean over the channels."""

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, 1]."""
        return tf.reduce_mean(x, axis=-1, keepdims=True)


class ChannelMax(keras.layers.Layer):
    """[B, H, W, C] -> [B, H, W, 1], maximum over the channels."""

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, 1]."""
        return tf.reduce_max(x, axis=-1, keepdims=True)
