"""Which maps of a network are never negative, told from its graph."""

from ffkeras.backend import keras
from ffkeras.layers.fast_fusion import FastFusion
from ffkeras.pruning.channels import SINGLE, ChannelGraph

_layers = keras.layers
SUMS = (_layers.Add, _layers.Average, _layers.Multiply, _layers.Concatenate, FastFusion)
"""Layers that give no negative number unless they are given one; fusion weights are rectified."""


def is_never_negative(graph: ChannelGraph, position: int) -> bool:
    """Whether the output of a call cannot be below zero. False where the graph alone does not tell.

    Args:
        graph: of the network.
        position: of the call.
    """
    call = graph.calls[position]
    layer = call.layer
    if isinstance(layer, _layers.ReLU) or _is_sigmoid(layer):
        return True
    if isinstance(layer, _layers.Add) and len(call.sources) == 2:
        blended = _blended(graph, position)
        if blended is not None:
            return all(is_never_negative(graph, source) for source in blended)
    passes_on = isinstance(layer, SINGLE) and not isinstance(layer, (_layers.LeakyReLU, _layers.Activation))
    if passes_on or isinstance(layer, SUMS):
        return bool(call.sources) and all(is_never_negative(graph, source) for source in call.sources)
    return False


def _blended(graph: ChannelGraph, position: int) -> tuple[int, int] | None:
    """The two maps of one + gate * (other - one), which lies between them; None where a sum is something else."""
    one, product = graph.calls[position].sources
    if not isinstance(graph.calls[product].layer, _layers.Multiply):
        return None
    gate, difference = graph.calls[product].sources
    if not _is_sigmoid(graph.calls[gate].layer) or not isinstance(graph.calls[difference].layer, _layers.Subtract):
        return None
    other, subtracted = graph.calls[difference].sources
    return (one, other) if subtracted == one else None


def _is_sigmoid(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, _layers.Activation) and layer.activation is keras.activations.sigmoid
