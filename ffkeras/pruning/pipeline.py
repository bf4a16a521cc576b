"""From a trained network to a smaller one: rates, soft pruning at these rates, removal."""

import dataclasses
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from rich.console import Console

from ffkeras.backend import keras
from ffkeras.data.image_cache import Cache
from ffkeras.data.samples import PipelineConfig, Source, steps_per_epoch
from ffkeras.errors import UserError
from ffkeras.files import check_writable, checksum, write_json
from ffkeras.models import config_to_json
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.saving import CONFIG_FILE as MODEL_FILE
from ffkeras.models.saving import WEIGHTS_FILE, load_run, save_run
from ffkeras.pruning.budgets import parse_budget
from ffkeras.pruning.config import CONFIG_FILE, GIVEN, UNIFORM, PruneConfig
from ffkeras.pruning.cost import Measures
from ffkeras.pruning.dimensions import PruningMap
from ffkeras.pruning.result import PruningResult, largest_difference
from ffkeras.pruning.search.fine_tune import ShortFineTune
from ffkeras.pruning.search.record import SEARCH_FOLDER
from ffkeras.pruning.search.run_search import search_rates
from ffkeras.pruning.search.start_points import check_reachable, uniform_rates
from ffkeras.pruning.search.trials import macs_size
from ffkeras.pruning.search.tuner import is_worker
from ffkeras.pruning.soft import SoftPrunedFeatherFace
from ffkeras.training.config import TrainingConfig
from ffkeras.training.run import TRAINING_FILE, make_source
from ffkeras.training.trainer import Trainer
from ffkeras.training.validation import HeldOutValidation

SOFT_FOLDER, MASKED_FOLDER, REMOVED_FOLDER = "soft", "masked", "removed"
RESULT_FILE = "pruning.json"
COMPARED_IMAGES = 8
RAMP_SHARE = 0.5  # of the steps of soft pruning, in which the filters go; what is left heals in the rest
CHOICES_IN_RAMP = 20  # of filters, while they go
WARMUP_STEPS = 100


def start_pruning(config: PruneConfig, output: Path) -> PruneConfig:
    """The configuration with the checksum of the run's weights; nothing is written yet.

    Raises:
        UserError: the folder already holds a pruning or cannot be written, or there is no float run to prune.
    """
    if not is_worker() and (output / CONFIG_FILE).exists():
        raise UserError(f"{output} already holds a pruning; add --resume to continue it, or choose another --output.")
    check_writable(output / CONFIG_FILE)
    load_run(config.run)
    return dataclasses.replace(config, checksum=checksum(Path(config.run) / WEIGHTS_FILE))


def resume_pruning(output: Path) -> PruneConfig:
    """The configuration of the pruning in `output`.

    Raises:
        UserError: there is none, or the network it started from has changed.
    """
    if not (output / CONFIG_FILE).exists():
        raise UserError(f"{output} holds no pruning to resume: it has no {CONFIG_FILE}; leave out --resume.")
    config = PruneConfig.read(output / CONFIG_FILE)
    if checksum(Path(config.run) / WEIGHTS_FILE) != config.checksum:
        raise UserError(f"{config.run} holds other weights than those that {output} prunes; choose another --output.")
    return config


class PruningRun:
    """The steps of one pruning, to be taken in order; each goes on where an earlier process stopped.

    Args:
        config: of the pruning.
        output: its folder.
        cache: reads the images; None: each is decoded at every reading.
        console: to print on.

    Attributes:
        dense: the network to prune.
        map: what can be pruned in it.
        measures: what it costs.

    Raises:
        UserError: no float run, or unknown groups of rates.
    """

    def __init__(self, config: PruneConfig, output: Path, cache: Cache | None, console: Console):
        self.config, self.output, self.cache, self.console = config, output, cache, console
        keras.utils.set_random_seed(config.seed)
        self.dense = load_run(config.run)
        self.map = PruningMap(self.dense)
        self.measures = Measures(self.map, [parse_budget(text) for text in config.budgets], config.align)
        unknown = sorted(set(config.rates) - set(self.map.groups))
        if unknown:
            known = ", ".join(self.map.groups)
            raise UserError(f"{self.dense.name} has no group {', '.join(unknown)}; its groups are {known}.")

    @cached_property
    def sources(self) -> tuple[Source, Source]:
        """Training and held-out samples; a chief needs them only when the search is over."""
        return make_source(self._training, self.cache)

    @cached_property
    def _training(self) -> TrainingConfig:
        """Of soft pruning: filters go in the first half, so that all is settled before BatchNorm is frozen."""
        config = self.config
        names = {entry.name for entry in dataclasses.fields(TrainingConfig)} & set(config.to_json())
        shared = {name: getattr(config, name) for name in names}
        return TrainingConfig(
            **shared, start_from=config.run, start_checksum=config.checksum, warmup_steps=WARMUP_STEPS
        )

    def find_rates(self) -> dict[str, float] | None:
        """Rates as the configuration wants them; None in a worker of a distributed search.

        The configuration is written when it is clear that its budgets can be reached; a worker writes nothing.

        Raises:
            UserError: the budgets cannot be reached or measured, or the search found nothing.
            KeyboardInterrupt: the user has asked to stop.
        """
        if is_worker():
            return self._search()
        if self.config.rates_from != GIVEN:
            check_reachable(self.measures, self.config.highest_rate)
        write_json(self.output / CONFIG_FILE, self.config.to_json())
        if self.config.rates_from == GIVEN:
            return {group: self.config.rates.get(group, 0.0) for group in self.map.groups}
        if self.config.rates_from == UNIFORM:
            return uniform_rates(self.measures, self.config.highest_rate)
        return self._search()

    def _search(self) -> dict[str, float] | None:
        folder = self.output / SEARCH_FOLDER
        return search_rates(self.measures, self.config, folder, self._fine_tune, self.console)

    def _fine_tune(self, after_step: Callable[[], None]) -> ShortFineTune:
        return ShortFineTune(self.dense, self.config, *self.sources, after_step)

    def prune_softly(self, rates: dict[str, float]) -> tuple[FeatherFace, FeatherFace]:
        """Train under soft pruning, then zero out and remove what is pruned.

        Returns:
            The masked network, dense and full of zeros, and the pruned one; both are written as run folders.

        Raises:
            UserError: an unreadable image, or an output that cannot be written.
            KeyboardInterrupt: the user has asked to stop; a checkpoint has been written.
        """
        folder = self.output / SOFT_FOLDER
        source, held_out = self.sources
        pipeline = PipelineConfig(self.config.image_size, self.config.batch_size, self.dense.config.mean)
        ramp = max(1, round(RAMP_SHARE * self.config.epochs * steps_per_epoch(source, pipeline)))
        widths = self.measures.widths(rates)
        soft = SoftPrunedFeatherFace(
            self.dense, widths, ramp, max(1, ramp // CHOICES_IN_RAMP), soft=not self.config.hard
        )
        # The best validation would be that of an early epoch, before the filters go: nothing is saved on the way.
        trainer = Trainer(soft, self._training, source, held_out, folder, save=lambda model, folder: None)
        write_json(folder / MODEL_FILE, config_to_json(self.dense.config))
        write_json(folder / TRAINING_FILE, self._training.to_json())
        trainer.run()
        kept = soft.kept()
        trainer.average.copy_to(trainer.averaged_model.weights)
        masked, removed = trainer.averaged_model.masked(kept), trainer.averaged_model.removed(kept)
        save_run(masked, folder / MASKED_FOLDER)
        save_run(removed, self.output / REMOVED_FOLDER)
        return masked, removed

    def compare(self, rates: dict[str, float], masked: FeatherFace, removed: FeatherFace) -> PruningResult:
        """Measure the pruned network beside the dense one, and write the result beside the pruned network."""
        held_out = self.sources[1]
        size = macs_size(self.measures)
        result = PruningResult(
            run=self.config.run,
            checksum=self.config.checksum,
            rates=rates,
            widths=self.measures.widths(rates),
            parameters=(_parameters(self.dense), _parameters(removed)),
            macs=(PruningMap(self.dense).macs({}, size), PruningMap(removed).macs({}, size)),
            image_size=size,
            budgets=self.measures.compare(rates),
            difference=self._difference(masked, removed),
            average_precision=self._average_precision(self.dense, removed) if len(held_out) else None,
        )
        write_json(self.output / REMOVED_FOLDER / RESULT_FILE, result.to_json())
        return result

    def _difference(self, masked: FeatherFace, removed: FeatherFace) -> float:
        training, held_out = self.sources
        source = held_out if len(held_out) else training
        images = [source.load(index)[0] for index in range(min(COMPARED_IMAGES, len(source)))]
        return largest_difference(masked, removed, images, self.config.validation_size)

    def _average_precision(self, *models: FeatherFace) -> tuple[float, ...]:
        size = self.config.validation_size
        return tuple(HeldOutValidation(model, self.sources[1], size).average_precision() for model in models)


def _parameters(model: FeatherFace) -> int:
    return sum(int(weight.shape.num_elements()) for weight in model.trainable_weights)
