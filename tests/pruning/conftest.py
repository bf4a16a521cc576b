"""Fixtures of the search."""

import pytest


@pytest.fixture(scope="session")
def small_map(small_run):
    """What can be pruned in the small network."""
    from ffkeras.models.saving import load_run
    from ffkeras.pruning.dimensions import PruningMap

    return PruningMap(load_run(small_run))
