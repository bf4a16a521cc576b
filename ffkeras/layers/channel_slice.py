"""A range of channels."""

from ffkeras.backend import keras


class ChannelSlice(keras.layers.Layer):
    """[B, H, W, C] -> channels `start` to `stop` (not included) of it.

    Args:
        start: first channel.
        stop: one past the last channel.
    """

    def __init__(self, start: int, stop: int, **kwargs):
        super().__init__(**kwargs)
        self.start, self.stop = start, stop

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, stop - start]."""
        return x[..., self.start : self.stop]

    def get_config(self):
        """Arguments to make the layer again."""
        return {**super().get_config(), "start": self.start, "stop": self.stop}
