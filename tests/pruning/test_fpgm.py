"""Ranking by geometric median."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ffkeras.backend import tf
from ffkeras.pruning.dimensions import PruningMap
from ffkeras.pruning.fpgm import choose, keep_mask, sum_of_distances, unit_filters
from tests.models.networks import lively_network
from tests.pruning.maps import map_of


@given(arrays(np.float32, st.tuples(st.integers(1, 12), st.integers(1, 20)), elements=st.floats(-10, 10, width=16)))
@settings(max_examples=30)
def test_distances_are_to_all_others(filters):
    expected = np.linalg.norm(filters[:, None] - filters[None], axis=-1).sum(axis=1)
    tolerance = 2e-3 * (1 + np.abs(filters).max()) * len(filters)  # the difference of squares, in float32
    np.testing.assert_allclose(sum_of_distances(tf.constant(filters)), expected, atol=tolerance * 5)


def test_ranking_is_by_the_sum_and_not_by_the_distance_to_one_median_filter():
    """The chosen filter of least sum is 1; filter 0 is nearest to it, but 2 is nearer to all together."""
    filters = np.array([[-1.0], [0.0], [1.1], [1.2], [9.0], [-4.0]], np.float32)
    sums = sum_of_distances(tf.constant(filters)).numpy()
    to_median = np.abs(filters - filters[sums.argmin()])[:, 0]
    kept = keep_mask(tf.constant(sums), 3).numpy()
    assert np.argsort(sums, kind="stable").tolist() != np.argsort(to_median, kind="stable").tolist()
    np.testing.assert_array_equal(kept, sums >= np.sort(sums)[-3])


@given(arrays(np.float32, st.integers(1, 40), elements=st.sampled_from([0.0, 1.0, 2.0])), st.data())
@settings(max_examples=30)
def test_exactly_as_many_stay_as_asked_also_among_equals(distances, data):
    kept = data.draw(st.integers(1, len(distances)))
    mask = keep_mask(tf.constant(distances), kept).numpy()
    assert mask.sum() == kept
    assert mask.all() or distances[mask].min() >= distances[~mask].max()


def test_choice_does_not_hang_on_the_size_of_a_layer():
    """One of the coupled layers with weights a thousand times larger: the same units stay."""
    model = lively_network("nano_b").copy()
    pruning_map = PruningMap(model)
    widths = pruning_map.widths({"pyramid": 0.5})
    before = choose(pruning_map, widths)
    lateral = model.pyramid.laterals[0].convolution.kernel
    lateral.assign(lateral * 1000.0)
    after = choose(pruning_map, widths)
    assert list(before) == ["pyramid.laterals.2"]
    np.testing.assert_array_equal(before["pyramid.laterals.2"], after["pyramid.laterals.2"])


def test_all_filters_of_a_unit_count_and_gates_have_no_say():
    pruning_map = map_of("nano_b")
    dimension = pruning_map["pyramid.laterals.2"]
    maps = [producer for producer in dimension.producers if not producer.pooled]
    assert 0 < len(maps) < len(dimension.producers)
    weights = sum(np.prod(producer.layer.kernel.shape[:-1]) for producer in maps)
    assert unit_filters(dimension).shape == (32, weights)


@pytest.mark.parametrize("network", ["nano_b", "v2_ultra", "v1"])
def test_dimensions_that_keep_all_are_not_named(network):
    pruning_map = map_of(network)
    kept = choose(pruning_map, pruning_map.widths({"backbone/32": 0.5}))
    assert {pruning_map[name].group for name in kept} == {"backbone/32"}
    assert all(mask.sum() == 0.5 * mask.size for mask in kept.values())
