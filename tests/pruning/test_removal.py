"""The pruned network computes what the masked one does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ffkeras.backend import keras
from ffkeras.errors import UserError
from ffkeras.models.config import V1Config
from ffkeras.models.saving import load_run, save_run
from ffkeras.pruning.dimensions import GROUPS, PruningMap
from ffkeras.pruning.fpgm import choose
from ffkeras.pruning.removal import remove, zero_out
from tests.models.networks import lively_network, random_images

LIMIT = 1e-4
CONFIGS = [
    pytest.param("nano_b", id="nano_b"),
    pytest.param("v2_ultra", id="v2_ultra", marks=pytest.mark.slow),
    pytest.param("v1", id="v1", marks=pytest.mark.slow),
    pytest.param(V1Config(attention="none", context="standard"), id="v1_bare"),
]


def shaken(config):
    """A copy with random BatchNorm statistics, scales and shifts, so that constants of dead channels are not zero."""
    model = lively_network(config).copy()
    random = np.random.default_rng(5)
    for layer in model.submodules:
        if isinstance(layer, keras.layers.BatchNormalization):
            for weight in (layer.gamma, layer.beta, layer.moving_mean):
                weight.assign(weight + random.normal(0, 0.3, weight.shape))
        elif getattr(layer, "bias", None) is not None and hasattr(layer, "kernel"):
            layer.bias.assign(layer.bias + random.normal(0, 0.1, layer.bias.shape))
    return model


@pytest.fixture(scope="module", params=CONFIGS)
def network(request):
    return shaken(request.param)


def masked_copy(model, kept):
    masked = model.copy()
    zero_out(PruningMap(masked), kept)
    return masked


def largest_difference(one, other):
    """Relative to the largest number where that is above one: V1's shaken outputs run to a hundred."""
    ours, theirs = one(random_images()), other(random_images())
    sizes = {name: max(1.0, float(np.abs(theirs[name]).max())) for name in ours}
    return max(float(np.abs(ours[name] - theirs[name]).max()) / sizes[name] for name in ours)


@given(rates=st.lists(st.floats(0.2, 0.95), min_size=6, max_size=6))
@settings(max_examples=2)
def test_removed_equals_masked(network, rates):
    pruning_map = PruningMap(network)
    kept = choose(pruning_map, pruning_map.widths(dict(zip(GROUPS, rates, strict=True))))
    assert largest_difference(remove(network, kept), masked_copy(network, kept)) < LIMIT


def test_any_units_may_go(network):
    """Not only those that the ranking picks, and with nearly all of them gone."""
    pruning_map = PruningMap(network)
    random = np.random.default_rng(0)
    widths = pruning_map.widths(dict.fromkeys(GROUPS, 0.8))
    kept = {
        dimension.name: random.permutation(np.arange(dimension.size) < widths[dimension.name])
        for dimension in pruning_map.dimensions
    }
    masked = masked_copy(network, kept)
    assert largest_difference(remove(network, kept), masked) < LIMIT
    assert largest_difference(remove(masked, kept), masked) < LIMIT  # also where it is silenced already
    assert largest_difference(network, masked) > 100 * LIMIT  # the masks do something


def test_dead_constants_are_folded_on():
    """A depthwise BatchNorm makes a constant of a dead channel: without folding the outputs would differ."""
    model = shaken("nano_b")
    kept = {"backbone.blocks.5.pointwise": np.arange(128) % 2 == 0}
    norm = model.backbone.blocks[6].depthwise.norm
    constant = norm.beta - norm.moving_mean * norm.gamma / np.sqrt(norm.moving_variance + norm.epsilon)
    assert np.abs(constant.numpy()[1::2]).max() > 0.1
    removed = remove(model, kept)
    assert largest_difference(removed, masked_copy(model, kept)) < LIMIT
    mean = removed.backbone.blocks[6].pointwise.norm.moving_mean.numpy()
    assert np.abs(mean - model.backbone.blocks[6].pointwise.norm.moving_mean.numpy()).max() > 0.01


def test_zeros_stay_in_a_gates_maximum():
    """A dead channel is zero; where all others are negative, zero was their maximum."""
    model = shaken("nano_b")
    kept = {"pyramid.laterals.2": np.arange(32) < 2}
    removed = remove(model, kept)
    assert removed.config.zero_in_maximum
    assert largest_difference(removed, masked_copy(model, kept)) < LIMIT


def test_gates_that_lose_nothing_are_left_alone():
    """Without a zero among a gate's channels its maximum may be negative, as before."""
    model = shaken("nano_b")
    kept = {"backbone.blocks.4.pointwise": np.arange(64) < 40, "backbone.blocks.11.pointwise": np.arange(256) < 9}
    removed = remove(model, kept)
    assert not removed.config.zero_in_maximum
    assert largest_difference(removed, masked_copy(model, kept)) < LIMIT


def test_v1s_gates_lose_channels_together():
    with pytest.raises(UserError, match=r"pyramid_attention.*give its group a rate too"):
        remove(lively_network("v1"), {"backbone.blocks.4.pointwise": np.arange(64) < 40})


def test_removed_network_can_be_saved_and_pruned_again(tmp_path):
    model = lively_network("nano_b")
    for _ in range(2):
        pruning_map = PruningMap(model)
        widths = pruning_map.widths(dict.fromkeys(GROUPS, 0.3))
        model = remove(model, choose(pruning_map, widths))
        assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == pruning_map.parameters(widths)
    save_run(model, tmp_path)
    assert largest_difference(load_run(tmp_path), model) == 0


def test_the_network_itself_is_left_alone():
    model = lively_network("nano_b")
    before = model.get_weights()
    pruning_map = PruningMap(model)
    remove(model, choose(pruning_map, pruning_map.widths(dict.fromkeys(GROUPS, 0.5))))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_unequal_shares_under_one_gate_are_refused():
    model = lively_network("v2_ultra")
    with pytest.raises(ValueError, match="keep the same share"):
        remove(model, {"backbone.blocks.4.pointwise": np.arange(64) < 32})
