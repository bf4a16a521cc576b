"""Training a network: steps, averages, validation, logs and checkpoints."""

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.progress import Progress

from ffkeras.backend import keras, tf
from ffkeras.data.pipeline import training_dataset, user_errors
from ffkeras.data.samples import PipelineConfig, Source, steps_per_epoch
from ffkeras.errors import UserError
from ffkeras.geometry import make_anchors
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.saving import save_run
from ffkeras.progress import training_progress
from ffkeras.quantization.network import QuantizedFeatherFace
from ffkeras.training.checkpoint import RunCheckpoint
from ffkeras.training.config import TrainingConfig
from ffkeras.training.distillation import DistilledLoss
from ffkeras.training.interrupt import stop_requests
from ffkeras.training.log import CsvLog
from ffkeras.training.losses import MultiboxLoss
from ffkeras.training.matching import make_matcher
from ffkeras.training.step import TrainingStep, make_adamw
from ffkeras.training.validation import HeldOutValidation

STEPS_PER_LOG_ROW = 20
SECONDS_BETWEEN_CHECKPOINTS = 120.0


def make_optimizer(config: TrainingConfig, total_steps: int) -> keras.optimizers.Optimizer:
    """AdamW with linear warm-up and cosine decay to zero (Loshchilov & Hutter 2017, 2019)."""
    warmup = min(config.warmup_steps, total_steps // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=config.learning_rate / max(warmup, 1),
        decay_steps=max(1, total_steps - warmup),
        warmup_target=config.learning_rate,
        warmup_steps=warmup,
    )
    return make_adamw(config, schedule)


class Trainer:
    """One run: a network, its data, and a folder where everything is kept.

    The folder holds `model.json` and `model.weights.h5` (the averaged weights of the best validation, or the latest
    where nothing is held out), `steps.csv` (losses every 20 steps), `epochs.csv`, `tensorboard/` and `checkpoint/`.
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
        self.loss = loss or MultiboxLoss()
        self.pipeline = PipelineConfig(config.image_size, config.batch_size, model.config.mean, config.seed)
        self.epoch_steps = steps_per_epoch(source, self.pipeline)
        self.total_steps = self.epoch_steps * config.epochs
        optimizer = make_optimizer(config, self.total_steps)
        self.training_step = TrainingStep(model, self.loss, optimizer, config.average_decay)
        self.average = self.training_step.average
        self.averaged_model = model.copy()
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
        self.first_frozen_step = round(self.total_steps * (1 - config.frozen_norm_share)) + 1
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
        self.epochs_log = CsvLog(
            self.folder / "epochs.csv", ("step", "epoch", *self.loss.names, "validation_ap"), first
        )
        self.board = tf.summary.create_file_writer(str(self.folder / "tensorboard"))
        self._next_checkpoint = time.monotonic() + SECONDS_BETWEEN_CHECKPOINTS
        with stop_requests() as stop, training_progress() as progress, user_errors():
            task = progress.add_task("training", total=self.total_steps, completed=first, loss="")
            for step in self._steps(first):
                self._after_step(step, progress, task)
                if stop.asked:
                    self._save_checkpoint(step)
                    raise KeyboardInterrupt

    def batches(self, first: int) -> Iterator:
        """Batches of (images, targets) from step number `first` on, as the run sees them; without end."""
        matcher = make_matcher(make_anchors(self.model.config.anchors, self.config.image_size))
        return iter(training_dataset(self.source, self.pipeline, matcher, start_step=first))

    def _steps(self, first: int) -> Iterator[int]:
        """Do the steps that are left, one for each number that is given."""
        batches = self.batches(first)
        for step in range(first + 1, self.total_steps + 1):
            self.train_step(*next(batches), frozen_norm=step >= self.first_frozen_step)
            yield step

    def _train_step(self, images, targets, frozen_norm: bool = False):
        values = self.training_step(images, targets, frozen_norm)
        self.row_sums.assign_add(values)
        self.epoch_sums.assign_add(values)

    def _after_step(self, step: int, progress: Progress, task: int) -> None:
        progress.update(task, completed=step)
        if step % STEPS_PER_LOG_ROW == 0:
            losses = self._take(self.row_sums, STEPS_PER_LOG_ROW)
            if not math.isfinite(losses["loss"]):
                raise UserError(
                    f"the loss became {losses['loss']} at step {step}; start again with a lower learning rate."
                )
            learning_rate = float(self.training_step.optimizer.learning_rate)
            self.steps_log.write(step=step, **losses, learning_rate=learning_rate)
            self._write_board(step, **losses, learning_rate=learning_rate)
            progress.update(task, loss=f"loss {losses['loss']:.3f}")
        if step % self.epoch_steps == 0:
            self._end_epoch(step, progress)
        elif time.monotonic() > self._next_checkpoint:
            self._save_checkpoint(step)

    def _end_epoch(self, step: int, progress: Progress) -> None:
        epoch = step // self.epoch_steps
        losses = self._take(self.epoch_sums, self.epoch_steps)
        self.average.copy_to(self.averaged_model.weights)
        ap = self.validation.average_precision() if self.validation else math.nan
        if math.isnan(ap) or ap > float(self.best):
            self.save(self.averaged_model, self.folder)
            self.best.assign(-1.0 if math.isnan(ap) else ap)
        self.epochs_log.write(step=step, epoch=epoch, **losses, validation_ap=ap)
        self._write_board(step, validation_ap=ap)
        progress.console.print(f"epoch {epoch}/{self.config.epochs}: loss {losses['loss']:.3f}, held-out AP {ap:.3f}")
        self._save_checkpoint(step)

    def _save_checkpoint(self, step: int) -> None:
        self.checkpoint.save(step)
        self._next_checkpoint = time.monotonic() + SECONDS_BETWEEN_CHECKPOINTS

    def _take(self, sums: tf.Variable, count: int) -> dict[str, float]:
        """The means by name, and start again from zero."""
        means = sums.numpy() / count
        sums.assign(tf.zeros_like(sums))
        return dict(zip(self.loss.names, means.tolist(), strict=True))

    def _write_board(self, step: int, **values: float) -> None:
        with self.board.as_default():
            for name, value in values.items():
                tf.summary.scalar(name, value, step=step)
