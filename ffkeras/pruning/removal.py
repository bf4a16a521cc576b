"""From a network with filters to spare to a smaller one that computes the same.

The masked network stands between them: dense, with the pruned units silenced, so that their channels are zero. Two
things keep a dead channel from being nothing, and are folded into what reads it: the constant that the BatchNorm of a
depthwise convolution makes of zero, and its place in the mean over channels.
"""

import dataclasses

import numpy as np

from ffkeras.backend import keras, tf
from ffkeras.errors import UserError
from ffkeras.layers.channel_statistics import ChannelMax, ChannelMean
from ffkeras.layers.convolution import Conv2D
from ffkeras.models.build import build_model
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.simplify import fold_shuffle
from ffkeras.pruning.dimensions import PruningMap
from ffkeras.pruning.fpgm import Kept
from ffkeras.pruning.signs import is_never_negative

PLAIN_CONVOLUTIONS = (keras.layers.Conv2D, Conv2D)  # and none of their subclasses


def zero_out(pruning_map: PruningMap, kept: Kept) -> None:
    """Make the channels of pruned units zero, in place: filters, biases, and the BatchNorm after them.

    Args:
        pruning_map: of the network to change.
        kept: which units stay; a dimension that is not named keeps all.
    """
    for dimension in pruning_map.dimensions:
        if dimension.name not in kept:
            continue
        for producer in dimension.producers:
            dead = producer.filters[~kept[dimension.name]].ravel()
            _zero(producer.layer.kernel, dead)
            if getattr(producer.layer, "bias", None) is not None:
                _zero(producer.layer.bias, dead)
            if producer.norm is not None:
                _zero_affine(producer.norm, dead)
    for position, norm in _inner_norms(pruning_map):
        if _pointwise_readers(pruning_map, position) is None:
            alive = pruning_map.channels_alive(pruning_map.graph.calls[position].output, kept)
            _zero_affine(norm, np.flatnonzero(~alive))


def remove(model: FeatherFace, kept: Kept) -> FeatherFace:
    """A network without the pruned units; its outputs equal those of the silenced one but for float32 rounding.

    A channel shuffle is folded into the convolutions after it, which take the channels in any number.

    Args:
        model: dense, silenced or not; it is left as it is.
        kept: which units stay, of a `PruningMap` of this network; a dimension that is not named keeps all.

    Raises:
        ValueError: the configuration cannot express these widths.
        UserError: likewise for rates of V1 with CBAM that prune what some of its gates look at, and not the others.
    """
    masked = fold_shuffle(model)
    masked = model.copy() if masked is model else masked
    pruning_map = PruningMap(masked)
    zero_out(pruning_map, kept)
    _fold_constants(pruning_map, kept)
    _fold_means(pruning_map, kept)
    config = masked.resized_config(lambda layer: _filters_left(pruning_map, layer, kept))
    if _maximum_loses_zeros(pruning_map, kept):
        config = dataclasses.replace(config, zero_in_maximum=True)
    removed = build_model(config)
    for target, weight in zip(removed.weights, masked.weights, strict=True):
        values = _slice(weight, pruning_map, kept)
        if values.shape != tuple(target.shape):
            raise ValueError(
                f"{weight.name} would keep {values.shape} of {tuple(weight.shape)}, where the configuration has "
                f"{tuple(target.shape)}: dimensions that the configuration gives one width have to keep equally many"
            )
        target.assign(values)
    return removed


def _zero(weight: tf.Variable, indices: np.ndarray) -> None:
    values = weight.numpy()
    values[..., indices] = 0.0
    weight.assign(values)


def _zero_affine(norm: keras.layers.BatchNormalization, channels: np.ndarray) -> None:
    _zero(norm.gamma, channels)
    _zero(norm.beta, channels)


def _inner_norms(pruning_map: PruningMap) -> list[tuple[int, keras.layers.Layer]]:
    """BatchNorms after depthwise convolutions, with the position of their call."""
    own = {id(producer.norm) for dimension in pruning_map.dimensions for producer in dimension.producers}
    return [
        (position, call.layer)
        for position, call in enumerate(pruning_map.graph.calls)
        if isinstance(call.layer, keras.layers.BatchNormalization) and id(call.layer) not in own
    ]


def _pointwise_readers(pruning_map: PruningMap, position: int) -> list[tuple[int, int | None]] | None:
    """The 1x1 convolutions that alone read a BatchNorm's output, each with the activation between them or None.

    Only these can make up for a constant: it is the same at every place, and the borders' zeros do not come in.

    Returns:
        Positions of calls (convolution, activation); None where anything else reads the output.
    """
    graph = pruning_map.graph
    readers = []
    for user in graph.users[position]:
        layer = graph.calls[user].layer
        activation = None
        following = [user]
        if isinstance(layer, (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.Activation)):
            activation, following = user, graph.users[user]
        for reader in following:
            convolution = graph.calls[reader].layer
            is_pointwise = type(convolution) in PLAIN_CONVOLUTIONS and convolution.kernel_size == (1, 1)
            if not is_pointwise or convolution.groups > 1:
                return None
            readers.append((reader, activation))
    return readers


def _fold_constants(pruning_map: PruningMap, kept: Kept) -> None:
    """Put what dead channels give to a 1x1 convolution into the mean of its BatchNorm, or its bias."""
    graph = pruning_map.graph
    for position, norm in _inner_norms(pruning_map):
        dead = ~pruning_map.channels_alive(graph.calls[position].output, kept)
        if not dead.any():
            continue
        factor = norm.gamma / tf.sqrt(norm.moving_variance + norm.epsilon)
        constant = norm.beta - norm.moving_mean * factor  # what the BatchNorm makes of zero
        for reader, activation in _pointwise_readers(pruning_map, position) or []:
            given = constant if activation is None else graph.calls[activation].layer(constant[None])[0]
            convolution = graph.calls[reader].layer
            shift = np.where(dead, given.numpy(), 0.0) @ convolution.kernel.numpy()[0, 0]  # [filters]
            _add_constant(pruning_map, reader, shift)


def _add_constant(pruning_map: PruningMap, reader: int, shift: np.ndarray) -> None:
    graph = pruning_map.graph
    convolution = graph.calls[reader].layer
    if convolution.use_bias:
        convolution.bias.assign_add(shift)
        return
    (after,) = graph.users[reader]
    graph.calls[after].layer.moving_mean.assign_sub(shift)


def _fold_means(pruning_map: PruningMap, kept: Kept) -> None:
    """Zeros lower the mean over channels: its reader takes the mean of the rest times their share."""
    graph = pruning_map.graph
    shares: dict[int, float] = {}
    scaled: set[int] = set()
    for position, call in enumerate(graph.calls):
        if not isinstance(call.layer, ChannelMean):
            continue
        share = pruning_map.channels_alive(call.inputs[0], kept).mean()
        if shares.setdefault(id(call.layer), share) != share:
            raise ValueError(f"{', '.join(*pruning_map.tied)} have to keep the same share, because they share a gate")
        (joined,) = graph.users[position]
        place = next(i for i, value in enumerate(graph.calls[joined].inputs) if value is call.output)
        (reader,) = graph.users[joined]
        layer = graph.calls[reader].layer
        if isinstance(layer, keras.layers.UnitNormalization):
            continue  # whatever it is multiplied with comes out as before
        if id(layer) in scaled:
            continue
        scaled.add(id(layer))
        kernel = layer.kernel.numpy()
        kernel[:, :, place] *= share
        layer.kernel.assign(kernel)


def _filters_left(pruning_map: PruningMap, layer: keras.layers.Layer, kept: Kept) -> int:
    alive = pruning_map.alive(layer.kernel, 3, kept)
    return layer.kernel.shape[3] if alive is None else int(alive.sum())


def _slice(weight: tf.Variable, pruning_map: PruningMap, kept: Kept) -> np.ndarray:
    values = weight.numpy()
    for axis in range(values.ndim):
        alive = pruning_map.alive(weight, axis, kept)
        if alive is not None:
            values = np.compress(alive, values, axis=axis)
    return values


def _maximum_loses_zeros(pruning_map: PruningMap, kept: Kept) -> bool:
    """Whether a dead channel, always zero, was the largest of those that a gate takes the maximum of.

    Raises:
        UserError: another gate would be changed by the zero, which the configuration gives to all gates or none.
    """
    graph = pruning_map.graph
    gates = [
        (not pruning_map.channels_alive(call.inputs[0], kept).all(), pruning_map.path(call.layer))
        for call in graph.calls
        if isinstance(call.layer, ChannelMax) and not is_never_negative(graph, call.sources[0])
    ]
    if len({loses for loses, _ in gates}) > 1:
        untouched = ", ".join(sorted({path for loses, path in gates if not loses}))
        raise UserError(
            f"these rates prune what some gates of {pruning_map.model.name} look at, and nothing of {untouched}; give "
            "its group a rate too."
        )
    return any(loses for loses, _ in gates)
