"""Attention multiplication (V2 Ultra, innovation 2; no parameters of its own)."""

from ffkeras.layers.block import Block

TIMES = 3  # the spec


class AttentionMultiplication(Block):
    """The same attention applied three times over, with the same weights.

    Args:
        attention: the pyramid's shared attention.
    """

    def __init__(self, attention: Block, **kwargs):
        super().__init__(**kwargs)
        self.attention = attention

    def call(self, x):
        """[B, H, W, C] -> [B, H, W, C]."""
        for _ in range(TIMES):
            x = self.attention(x)
        return x
