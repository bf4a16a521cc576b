"""Training a network: steps, averages, validation, logs and checkpoints."""

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.progress import Progress

from ffkeras.backend import keras, tf
from ffkeras.data.pipeline import training_dataset, user_errors
from ffkeras.data.samples import PipelineConfig, Source, steps_per_epoch
from ffkeras.data.shards import parts_of
from ffkeras.errors import UserError
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.saving import check_finite, save_run
from ffkeras.progress import training_progress
from ffkeras.quantization.network import QuantizedFeatherFace
from ffkeras.training.checkpoint import RunCheckpoint
from ffkeras.training.config import TrainingConfig
from ffkeras.training.distillation import DistilledLoss
from ffkeras.training.freezing import freeze_blocks
from ffkeras.training.interrupt import stop_requests
from ffkeras.training.log import CsvLog
from ffkeras.training.losses import MultiboxLoss
from ffkeras.training.matching import make_matcher
from ffkeras.training.step import TrainingStep, make_adamw
from ffkeras.training.validation import HeldOutValidation, mean_of_sources

STEPS_PER_LOG_ROW = 20
SECONDS_BETWEEN_CHECKPOINTS = 120.0


class Trainer:
    """One run: a network, its data, and a folder where everything is kept.

    The folder holds `model.json` and `model.weights.h5` (the averaged weights of the best validation, or the latest
    where nothing is held out), `steps.csv` (losses every 20 steps), `epochs.csv`, `validation.csv` (average precision
    of each data set), `tensorboard/` and `checkpoint/`.
    After any kill, a new trainer in the same folder continues with the data order, optimizer state and logs that an
    uninterrupted run has.

    Args:
        model: with its initial weights.
        config: of the run.
        source: training samples.
        held_out: samples for validation; may be empty.
        folder: of the run.
        save: writes the averaged network into the folder.
        loss: of a step; of labels alone unless given.
    """

    def __init__(
        self,
        model: FeatherFace | QuantizedFeatherFace,
        config: TrainingConfig,
        source: Source,
        held_out: Source,
        folder: Path,
        save: Callable[[keras.Model, Path], None] = save_run,
        loss: MultiboxLoss | DistilledLoss | None = None,
    ):
        self.model, self.config, self.source, self.folder, self.save = model, config, source, folder, save
        self.loss = loss or MultiboxLoss(config.loss)
        self.pipeline = PipelineConfig(
            config.image_size, config.batch_size, model.config.mean, config.seed, config.augment
        )
        self.epoch_steps = steps_per_epoch(source, self.pipeline)
        self.total_steps = config.total_steps(self.epoch_steps)
        self.schedule = config.schedule_of(self.total_steps)
        optimizer = make_adamw(config)
        self.averaged_model = model.copy()
        for network in (model, self.averaged_model):  # both, since freezing changes the order of a network's weights
            freeze_blocks(network, config.frozen_blocks)
        self.training_step = TrainingStep(model, self.loss, optimizer, config.average_decay)
        self.average = self.training_step.average
        self.validation = None
        if len(held_out):
            self.validation = HeldOutValidation(self.averaged_model, held_out, config.validation_size)
        self.row_sums = tf.Variable(tf.zeros(len(self.loss.names)), trainable=False)  # since the last row of steps.csv
        self.epoch_sums = tf.Variable(tf.zeros(len(self.loss.names)), trainable=False)
        self.best = tf.Variable(-1.0, trainable=False)
        self.checkpoint = RunCheckpoint(
            folder,
            model=model,
            optimizer=optimizer,
            average=self.average,
            step=self.training_step.count,
            row_sums=self.row_sums,
            epoch_sums=self.epoch_sums,
            best=self.best,
            loss=list(self.loss.trainable_variables),
        )
        self.train_step = tf.function(self._train_step)  # one step on a batch; counts it

    @property
    def step(self) -> int:
        """Steps done."""
        return int(self.training_step.count)

    def run(self) -> None:
        """Train to the end, from the newest checkpoint if there is one.

        Raises:
            UserError: an unreadable image, or an output that cannot be written.
            KeyboardInterrupt: after a checkpoint has been written.
        """
        if RunCheckpoint.exists(self.folder):
            self.checkpoint.restore()
        first = self.step
        self.steps_log = CsvLog(self.folder / "steps.csv", ("step", *self.loss.names, "learning_rate"), first)
        epochs, columns = self.folder / "epochs.csv", ("step", "epoch", *self.loss.names, "validation_ap")
        self.best.assign(max(float(self.best), best_of(epochs)))
        self.epochs_log = CsvLog(epochs, columns, first)
        self.validation_log = CsvLog(self.folder / "validation.csv", ("step", "epoch", "source", "ap"), first)
        self.board = tf.summary.create_file_writer(str(self.folder / "tensorboard"))
        self._next_checkpoint = time.monotonic() + SECONDS_BETWEEN_CHECKPOINTS
        with stop_requests() as stop, training_progress() as progress, user_errors():
            task = progress.add_task("training", total=self.total_steps, completed=first, loss="")
            for step in self._steps(first):
                self._after_step(step, progress, task)
                if stop.asked:
                    self._save_checkpoint(step)
                    raise KeyboardInterrupt

    @property
    def bad(self) -> dict[Path, str]:
        """A sentence for each picture that could not be read; others were learned from in their place."""
        sources = (self.source, *([self.validation.source] if self.validation else []))
        parts = [part for source in sources for part in parts_of(source)]
        return {path: text for part in parts for path, text in getattr(part, "bad", {}).items()}

    def batches(self, first: int) -> Iterator:
        """Batches of (images, targets) from step number `first` on, as the run sees them; without end."""
        matcher = make_matcher(self.model.config.anchors, self.config.image_size, self.config.loss.matching)
        return iter(training_dataset(self.source, self.pipeline, matcher, start_step=first))

    def _steps(self, first: int) -> Iterator[int]:
        """Do the steps that are left, one for each number that is given."""
        batches = self.batches(first)
        for step in range(first, self.total_steps):
            self.training_step.optimizer.learning_rate = self.schedule.rate_at(step)
            self.train_step(*next(batches), frozen_norm=self.schedule.is_frozen_at(step))
            yield step + 1

    def _train_step(self, images, targets, frozen_norm: bool = False):
        values = self.training_step(images, targets, frozen_norm)
        self.row_sums.assign_add(values)
        self.epoch_sums.assign_add(values)

    def _after_step(self, step: int, progress: Progress, task: int) -> None:
        progress.update(task, completed=step)
        if step % STEPS_PER_LOG_ROW == 0:
            losses = self._take(self.row_sums, STEPS_PER_LOG_ROW)
            check_losses(losses, step)
            learning_rate = self.schedule.rate_at(step - 1)
            self.steps_log.write(step=step, **losses, learning_rate=learning_rate)
            self._write_board(step, **losses, learning_rate=learning_rate)
            progress.update(task, loss=f"loss {losses['loss']:.3f}")
        if step % self.epoch_steps == 0 or step == self.total_steps:
            self._end_epoch(step, progress)
        elif time.monotonic() > self._next_checkpoint:
            self._save_checkpoint(step)
        if step == self.schedule.stable_steps < self.total_steps:
            self._check_weights(step)
            self.checkpoint.save_stable(step)  # after the sums of an epoch that ends here have been taken

    def _end_epoch(self, step: int, progress: Progress) -> None:
        epoch = math.ceil(step / self.epoch_steps)
        losses = self._take(self.epoch_sums, step - (epoch - 1) * self.epoch_steps)
        check_losses(losses, step)
        self._check_weights(step)
        self.average.copy_to(self.averaged_model.weights)
        by_source = self.validation.by_source() if self.validation else {}
        ap = mean_of_sources(by_source)
        if math.isnan(ap) or ap > float(self.best):
            self.save(self.averaged_model, self.folder)
            self.best.assign(-1.0 if math.isnan(ap) else ap)
        self.epochs_log.write(step=step, epoch=epoch, **losses, validation_ap=ap)
        for source, value in by_source.items():
            self.validation_log.write(step=step, epoch=epoch, source=source, ap=value)
        self._write_board(step, validation_ap=ap)
        each = ", ".join(f"{source} {value:.3f}" for source, value in by_source.items() if len(by_source) > 1)
        epochs = math.ceil(self.total_steps / self.epoch_steps)
        progress.console.print(
            f"epoch {epoch}/{epochs}: loss {losses['loss']:.3f}, held-out AP {ap:.3f}" + (f" ({each})" if each else "")
        )
        self._save_checkpoint(step)

    def _save_checkpoint(self, step: int) -> None:
        self._check_weights(step)
        self.checkpoint.save(step)
        self._next_checkpoint = time.monotonic() + SECONDS_BETWEEN_CHECKPOINTS

    def _check_weights(self, step: int) -> None:
        """Before anything is kept of a step. Raises UserError where a weight, its average or a sum is not finite."""
        kept = (*self.model.weights, *self.average.average, *self.loss.trainable_variables)
        check_finite(kept, f"training went wrong before step {step}, and nothing of it is kept")

    def _take(self, sums: tf.Variable, count: int) -> dict[str, float]:
        """The means by name, and start again from zero."""
        means = sums.numpy() / count
        sums.assign(tf.zeros_like(sums))
        return dict(zip(self.loss.names, means.tolist(), strict=True))

    def _write_board(self, step: int, **values: float) -> None:
        with self.board.as_default():
            for name, value in values.items():
                tf.summary.scalar(name, value, step=step)


def check_losses(losses: dict[str, float], step: int) -> None:
    """Before a row of a log is written. Raises UserError where a loss is not finite."""
    for name, value in losses.items():
        if not math.isfinite(value):
            raise UserError(
                f"the {name} became {value} at step {step}; start again with a lower learning rate, and look for wrong "
                "labels."
            )


def best_of(epochs: Path) -> float:
    """The highest average precision in an `epochs.csv`, whose network is the one in the folder; -1 without any."""
    rows = CsvLog.read_rows(epochs)
    values = [float(row["validation_ap"]) for row in rows]
    return max((value for value in values if not math.isnan(value)), default=-1.0)
