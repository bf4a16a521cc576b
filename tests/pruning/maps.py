"""What can be pruned in a network for tests, found once."""

import functools

from ffkeras.models import NetworkConfig
from ffkeras.pruning.dimensions import PruningMap
from tests.models.networks import lively_network


@functools.cache
def map_of(config: str | NetworkConfig) -> PruningMap:
    """Of `lively_network(config)`; reading it changes nothing."""
    return PruningMap(lively_network(config))
