"""What can be pruned, what goes with it, and what it costs."""

import numpy as np
import pytest

from ffkeras.layers import Block
from ffkeras.models.build import build_model
from ffkeras.models.config import BackboneConfig, NanoBConfig, V1Config, V2UltraConfig
from ffkeras.models.describe import describe
from ffkeras.pruning.channels import ChannelGraph
from ffkeras.pruning.dimensions import GROUPS, PruningMap
from ffkeras.pruning.fpgm import choose
from ffkeras.pruning.removal import remove
from tests.models.networks import lively_network
from tests.pruning.maps import map_of

NETWORKS = ("nano_b", "v2_ultra", "v1")


@pytest.fixture(scope="module", params=NETWORKS)
def pruning_map(request):
    return map_of(request.param)


def names(pruning_map, dimension):
    return {producer.name for producer in pruning_map[dimension].producers}


def test_every_convolution_but_the_heads_and_single_filters_can_be_pruned(pruning_map):
    produced = {producer.name for dimension in pruning_map.dimensions for producer in dimension.producers}
    kernels = {
        pruning_map.path(layer)
        for layer in pruning_map.model.submodules
        if hasattr(layer, "kernel") and layer.kernel.shape[-1] > 1
    }
    left_out = {name for name in kernels - produced if not name.startswith("heads.heads")}
    # Softmax over scales, and where a deformable convolution samples, have channels with a meaning.
    assert all(name == "scale_attention.attention" or name.endswith(("offsets", "modulators")) for name in left_out)


def test_groups_are_the_six_named_ones(pruning_map):
    assert pruning_map.groups == GROUPS
    assert {dimension.group for dimension in pruning_map.dimensions} == set(GROUPS)


def test_backbone_groups_follow_the_strides():
    pruning_map = map_of("nano_b")
    expected = ["4"] * 4 + ["8"] * 2 + ["16"] * 6 + ["32"] * 2  # the stem and 13 blocks
    names = ["backbone.stem", *(f"backbone.blocks.{i}.pointwise" for i in range(13))]
    assert [pruning_map[name].group for name in names] == [f"backbone/{stride}" for stride in expected]


def test_the_pyramid_is_one_dimension_because_its_maps_are_added():
    pruning_map = map_of("nano_b")
    (pyramid,) = (dimension for dimension in pruning_map.dimensions if dimension.group == "pyramid")
    together = names(pruning_map, pyramid.name)
    assert {f"pyramid.laterals.{level}" for level in range(3)} <= together
    assert "scale_attention.expand" in together  # ASSN's residual sum
    assert {f"semantic.{level}.injection.1" for level in range(3)} <= together  # added context
    assert {"pyramid_attention.1.channel_gate.expand", "pyramid_attention.2.channel_gate.expand"} <= together


def test_a_gate_goes_with_the_channels_it_multiplies():
    pruning_map = map_of("nano_b")
    assert "backbone_attention.2.channel_gate.expand" in names(pruning_map, "backbone.blocks.12.pointwise")
    (gate,) = (p for p in pruning_map["backbone.blocks.12.pointwise"].producers if "expand" in p.name)
    assert gate.pooled


def test_levels_that_share_an_attention_lose_the_same_channels():
    """V2's shared MLP has one row for channel i of every level; beyond the narrower level there is none."""
    pruning_map = map_of("v2_ultra")
    sizes = {name: pruning_map[f"backbone.blocks.{name}.pointwise"].size for name in (4, 10, 12)}
    assert sizes == {4: 64, 10: 64, 12: 128}  # of 64, 128 and 256 channels
    assert {"backbone.blocks.10.pointwise", "backbone.blocks.12.pointwise", "backbone_attention.expand"} <= names(
        pruning_map, "backbone.blocks.4.pointwise"
    )
    assert pruning_map.tied == (frozenset(f"backbone.blocks.{name}.pointwise" for name in (4, 10, 12)),)


def test_grouped_convolutions_lose_the_same_filters_in_each_group():
    pruning_map = map_of("v2_ultra")
    branch = pruning_map["context.0.branch5_first"]
    assert branch.size == 2
    np.testing.assert_array_equal(branch.producers[0].filters, [[0, 2, 4, 6], [1, 3, 5, 7]])


def test_nothing_is_lost_without_pruning(pruning_map):
    described = describe(pruning_map.model, (96, 64))
    assert pruning_map.parameters({}) == described.parameters
    assert pruning_map.macs({}, (96, 64)) == described.macs


@pytest.mark.parametrize(
    "network", ["nano_b", *(pytest.param(name, marks=pytest.mark.slow) for name in NETWORKS if name != "nano_b")]
)
def test_counted_cost_is_that_of_the_network_that_is_left(network):
    model, pruning_map = lively_network(network), map_of(network)
    widths = pruning_map.widths(dict(zip(GROUPS, (0.3, 0.2, 0.45, 0.7, 0.4, 0.5), strict=True)))
    described = describe(remove(model, choose(pruning_map, widths)), (64, 96))
    assert pruning_map.parameters(widths) == described.parameters < 0.5 * describe(model, (64, 96)).parameters
    assert pruning_map.macs(widths, (64, 96)) == described.macs


def test_rates_become_widths_of_every_dimension_in_the_group(pruning_map):
    widths = pruning_map.widths({"backbone/16": 0.25})
    for dimension in pruning_map.dimensions:
        share = 0.75 if dimension.group == "backbone/16" else 1.0
        assert widths[dimension.name] == dimension.size * share


def test_one_unit_always_stays(pruning_map):
    assert min(pruning_map.widths(dict.fromkeys(GROUPS, 0.999)).values()) == 1


def test_aligned_widths_are_multiples_where_the_layer_is_that_wide():
    pruning_map = map_of("nano_b")
    widths = pruning_map.widths(dict.fromkeys(GROUPS, 0.3), align=8)
    for dimension in pruning_map.dimensions:
        width = widths[dimension.name]
        assert width % 8 == 0 if dimension.size >= 8 and dimension.size % 8 == 0 else width <= dimension.size
        assert width >= 0.7 * dimension.size - 0.5


def test_tied_dimensions_keep_the_same_share():
    pruning_map = map_of("v2_ultra")
    for rate in np.linspace(0, 0.9, 19):
        widths = pruning_map.widths({"backbone/8": rate})
        (tied,) = pruning_map.tied
        assert len({widths[name] / pruning_map[name].size for name in tied}) == 1


@pytest.mark.parametrize(
    "config",
    [
        NanoBConfig(scale_decoupling=False, mse_fpn=False, assn=False),
        NanoBConfig(backbone=BackboneConfig(widths=(6, 13, 27, 27, 51, 27, 90, 90, 90, 90, 90, 50, 200, 87))),
        V2UltraConfig(smart_feature_reuse=False, attention_multiplication=False, context=False),
        V1Config(attention="none", context="standard"),
    ],
)
def test_any_configuration_has_a_map(config):
    pruning_map = PruningMap(build_model(config))
    widths = pruning_map.widths(dict.fromkeys(GROUPS, 0.5))
    assert pruning_map.parameters(widths) < 0.4 * pruning_map.parameters({})


def test_the_map_names_what_goes_together_and_how_wide_it_is():
    pruning_map = map_of("nano_b")
    table = pruning_map.table(pruning_map.widths({"backbone/32": 0.5}))
    rows = list(zip(*(column.cells for column in table.columns), strict=True))
    assert len(rows) == len(pruning_map.dimensions)
    (row,) = (row for row in rows if row[1] == "backbone.blocks.12.pointwise")
    assert row[:4] == ("backbone/32", "backbone.blocks.12.pointwise", "256", "128")
    assert "backbone_attention.2.channel_gate.expand" in row[4]
    assert "pyramid.laterals.2" in row[5]


def test_a_layer_that_pruning_does_not_know_is_named():
    class Unknown(Block):
        def call(self, x):
            return x * 2.0

    model = build_model("nano_b")
    model.pyramid.laterals[0].activation = Unknown(name="doubling")
    with pytest.raises(ValueError, match="TFOpLambda"):
        ChannelGraph(model)
