"""Soft filter pruning (He et al. 2018): training while the least missed filters are zeroed over and over."""

from collections.abc import Mapping

import numpy as np

from ffkeras.backend import keras, tf
from ffkeras.layers.forms import AS_THEY_ARE, Forms
from ffkeras.models import config_to_json
from ffkeras.models.featherface import FeatherFace
from ffkeras.pruning.dimensions import PruningMap
from ffkeras.pruning.fpgm import Kept
from ffkeras.pruning.removal import remove, zero_out
from ffkeras.pruning.wrappers import FilterPruning, PruneFilters, make_schedule, scaling_layer, wrap


class SoftPrunedFeatherFace(keras.Model):
    """A network under soft pruning; it stands in for a `FeatherFace` in training.

    Args:
        network: its weights are copied.
        widths: units kept in the end, by the name of the dimension, see `PruningMap.widths`.
        ramp_steps: training steps until all others have gone; then the choice is final, and what is left heals.
        frequency: steps from one choice of the filters to the next until then.
        soft: until then, zeroed filters may recover; otherwise they are gone for good.

    Attributes:
        config: the network's configuration.
        network: the network whose filters are zeroed.
        map: its `PruningMap`.
    """

    def __init__(
        self,
        network: FeatherFace,
        widths: Mapping[str, int],
        ramp_steps: int,
        frequency: int,
        soft: bool = True,
    ):
        super().__init__(name=f"{network.name}_soft_pruned")
        self.config = network.config
        self.network = network.copy()
        self.map = PruningMap(self.network)
        self.ramp_steps, self.frequency, self.soft = ramp_steps, frequency, soft
        self.pruned_steps = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.schedules = {d.name: make_schedule(ramp_steps, frequency) for d in self.map.dimensions}
        self.wrappers: dict[str, PruneFilters] = {}
        self.pruning = {d.name: self._prune(d) for d in self.map.dimensions}
        self.alive = [pruning.alive for pruning in self.pruning.values()]  # for the checkpoint
        self.set_widths(widths)
        self.built = True

    def _prune(self, dimension) -> FilterPruning:
        schedule = self.schedules[dimension.name]
        wrappers = []
        for producer in dimension.producers:
            if producer.name not in self.wrappers:  # a layer may make channels of several dimensions
                self.wrappers[producer.name] = wrap(scaling_layer(producer), schedule)
            wrappers.append(self.wrappers[producer.name])
        return FilterPruning(dimension, wrappers, schedule, self.pruned_steps, self.soft)

    def set_widths(self, widths: Mapping[str, int]) -> None:
        """Prune towards other widths from now on; nothing is traced again."""
        for dimension in self.map.dimensions:
            share = 1 - widths.get(dimension.name, dimension.size) / dimension.size
            self.schedules[dimension.name].final_sparsity.assign(share)

    def restart(self, network: FeatherFace) -> None:
        """Start again from the weights of a network of the same configuration, with all filters."""
        self.network.set_weights(network.get_weights())
        self.pruned_steps.assign(0)
        for pruning in self.pruning.values():
            pruning.reset()

    def call(self, images, training=False):
        """Detect; see `FeatherFace.call`. In training, filters are chosen and zeroed first where it is time."""
        return self.train_forward(images) if training else self.network(images)

    def train_forward(self, images, frozen_norm: bool = False, forms: Forms = AS_THEY_ARE):
        """See `FeatherFace.train_forward`; once normalisation is frozen, the last choice of filters is held."""
        if not frozen_norm:
            self.pruned_steps.assign_add(1)
        for pruning in self.pruning.values():
            if not frozen_norm:
                pruning.conditional_mask_update()
            pruning.weight_mask_op()
        return self.network.train_forward(images, frozen_norm, forms)

    def kept(self) -> Kept:
        """The units kept at the last choice."""
        return {
            name: pruning.alive.numpy() > 0
            for name, pruning in self.pruning.items()
            if not np.all(pruning.alive.numpy() > 0)
        }

    def masked(self, kept: Kept) -> FeatherFace:
        """A copy of the network with the other units silenced: dense, full of zeros."""
        masked = self.network.copy()
        zero_out(PruningMap(masked), kept)
        return masked

    def removed(self, kept: Kept) -> FeatherFace:
        """The network without the other units."""
        return remove(self.network, kept)

    def get_config(self) -> dict:
        """The network's configuration."""
        return {"config": config_to_json(self.config)}

    def copy(self) -> "SoftPrunedFeatherFace":
        """A new network with the same configuration and weights, whose filters are all kept so far."""
        return SoftPrunedFeatherFace(self.network, {}, self.ramp_steps, self.frequency, self.soft)
