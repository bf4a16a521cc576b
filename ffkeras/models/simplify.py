"""Clean-up of a trained network before it is quantised or converted: the same function from fewer operations.

Each step takes a network and gives a new one, built from its own configuration, so that whatever works on a network
works on a simplified one; a network that has nothing to simplify is given back. The outputs stay equal but for the
rounding of float32.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from ffkeras.backend import keras
from ffkeras.models.build import build_model
from ffkeras.models.featherface import FeatherFace


def simplify(model: FeatherFace) -> FeatherFace:
    """A simplified copy of the network, after all of `STEPS`.

    Its `classification` is [B, A, 1], the probability of a face, which was the last column before.

    Args:
        model: any of the three networks; it is left as it is.
    """
    simplified = model
    for step in STEPS.values():
        simplified = step(simplified)
    return _rebuild(model) if simplified is model else simplified


def fold_shuffle(model: FeatherFace) -> FeatherFace:
    """Put the channel shuffle into the input order of the convolutions that follow it."""
    if not model.shuffles:
        return model
    copy = _rebuild(model, shuffle_groups=1)
    if copy.heads.trunk is not None:
        _unshuffle(copy.heads.trunk.convolution, model.shuffles[0].groups)  # all levels have as many channels
        return copy
    for shuffle, head in zip(model.shuffles, copy.heads.heads, strict=True):
        for convolution in head.convolutions:
            _unshuffle(convolution, shuffle.groups)
    return copy


def _unshuffle(convolution: keras.layers.Conv2D, groups: int) -> None:
    """Let a convolution of shuffled channels read them before the shuffle."""
    kernel = convolution.kernel.numpy()
    source = np.arange(kernel.shape[2]).reshape(groups, -1).T.ravel()  # shuffled channel j is channel source[j]
    unshuffled = np.empty_like(kernel)
    unshuffled[:, :, source] = kernel  # [height, width, in, out]
    convolution.kernel.assign(unshuffled)


def join_class_logits(model: FeatherFace) -> FeatherFace:
    """Compute the difference of the two class logits: softmax over (background, face) is its sigmoid."""
    if model.config.class_logits == 1:
        return model
    copy = _rebuild(model, class_logits=1)
    for joined, pair in zip(copy.heads.heads, model.heads.heads, strict=True):
        for target, weights in zip(joined.convolutions[0].weights, pair.convolutions[0].weights, strict=True):
            weights = weights.numpy()
            target.assign(weights[..., 1::2] - weights[..., 0::2])  # (background, face), anchor by anchor
    return copy


def _rebuild(model: FeatherFace, **changes) -> FeatherFace:
    """A network of the changed configuration; weights that keep their shape are copied."""
    copy = build_model(dataclasses.replace(model.config, **changes))
    for target, weights in zip(copy.weights, model.weights, strict=True):
        if target.shape == weights.shape:
            target.assign(weights)
    return copy


STEPS: dict[str, Callable[[FeatherFace], FeatherFace]] = {
    "channel shuffle folded into the heads": fold_shuffle,
    "two class logits joined into one": join_class_logits,
}
