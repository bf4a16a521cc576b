"""Training a network: steps, averages, validation, logs and checkpoints."""

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from rich.progress import Progress

from ffkeras.backend import keras, tf
from ffkeras.data.pipeline import training_dataset, user_errors
from ffkeras.data.samples import PipelineConfig, Source, steps_per_epoch
from ffkeras.data.shards import parts_of
from ffkeras.errors import UserError
from ffkeras.layers.forms import Forms
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.saving import check_finite, save_run
from ffkeras.progress import training_progress
from ffkeras.quantization.network import QuantizedFeatherFace
from ffkeras.training.checkpoint import RunCheckpoint
from ffkeras.training.config import OF_BATCH, TrainingConfig
from ffkeras.training.distillation import DistilledLoss
from ffkeras.training.freezing import freeze_blocks
from ffkeras.training.interrupt import stop_requests
from ffkeras.training.log import CsvLog
from ffkeras.training.losses import MultiboxLoss
from ffkeras.training.matching import make_matcher
from ffkeras.training.step import TrainingStep, make_adamw
from ffkeras.training.validation import HeldOutValidation, mean_of_sources
from ffkeras.training.workers import ALONE, Workers

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
        folder: of the run; only the first worker writes into it.
        save: writes the averaged network into the folder.
        loss: of a step; of labels alone unless given.
        workers: that do the run together; each has a trainer of the same network, data and configuration.

    Raises:
        UserError: a batch that the workers cannot share equally.
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
        workers: Workers = ALONE,
    ):
        if config.batch_size % workers.count:
            raise UserError(
                f"batches of {config.batch_size} images cannot be shared by {workers.count} workers; give a "
                "--batch-size that their number divides."
            )
        self.workers = workers
        self.model, self.config, self.source, self.folder, self.save = model, config, source, folder, save
        self.loss = loss or MultiboxLoss(config.loss)
        self.pipeline = PipelineConfig(
            config.image_size,
            config.batch_size,
            model.config.mean,
            config.seed,
            config.augment,
            part=(workers.index, workers.count),
        )
        self.epoch_steps = steps_per_epoch(source, self.pipeline)
        self.total_steps = config.total_steps(self.epoch_steps)
        self.schedule = config.schedule_of(self.total_steps)
        optimizer = make_adamw(config)
        self.averaged_model = model.copy()
        for network in (model, self.averaged_model):  # both, since freezing changes the order of a network's weights
            freeze_blocks(network, config.frozen_blocks)
        self.training_step = TrainingStep(
            model,
            self.loss,
            optimizer,
            config.average_decay,
            of_whole_batch=config.norm_statistics == OF_BATCH,
            precision=config.mixed_precision,
        )
        self.average = self.training_step.average
        self.validation = None
        if len(held_out):
            self.validation = HeldOutValidation(self.averaged_model, held_out, config.validation_size)
        self.row_sums = tf.Variable(tf.zeros(len(self.loss.names)), trainable=False)  # since the last row of steps.csv
        self.epoch_sums = tf.Variable(tf.zeros(len(self.loss.names)), trainable=False)
        self.best = tf.Variable(-1.0, trainable=False)
        self.checkpoint = self._make_checkpoint() if workers.is_first else None
        self.train_step = tf.function(workers.together(self._train_step))  # one step on a batch; counts it

    def compile_step(self, forms: Forms) -> None:
        """Have XLA compile the step, of one process alone: XLA does not know the exchange of several.

        Args:
            forms: of layers, that XLA knows and differentiates.
        """
        self.use_forms(forms)
        self.train_step = tf.function(self._train_step, jit_compile=True)

    def use_forms(self, forms: Forms) -> None:
        """Have the network and the teacher compute layers in these forms, from the next tracing of the step on."""
        self.training_step.forms = forms
        if isinstance(self.loss, DistilledLoss):
            self.loss.teacher.forms = forms

    def _make_checkpoint(self) -> RunCheckpoint:
        scale = self.training_step.loss_scale
        return RunCheckpoint(
            self.folder,
            model=self.model,
            optimizer=self.training_step.optimizer,
            average=self.average,
            step=self.training_step.count,
            row_sums=self.row_sums,
            epoch_sums=self.epoch_sums,
            best=self.best,
            loss=list(self.loss.trainable_variables),
            **({} if scale is None else {"loss_scale": scale}),
        )

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
        if self.workers.is_first:
            self._open_logs()
        self._share_state()
        first = self.step
        with stop_requests() as stop, self._progress() as progress, user_errors():
            task = progress.add_task("training", total=self.total_steps, completed=first, loss="")
            for step in self._steps(first):
                self._after_step(step, progress, task)
                if self.workers.any(stop.asked):
                    self._save_checkpoint(step)
                    raise KeyboardInterrupt

    def _open_logs(self) -> None:
        """Go back to the newest checkpoint, if there is one, and the logs with it."""
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

    def _share_state(self) -> None:
        """Bring all workers to the first one's state."""
        state = [*self.model.weights, *self.training_step.optimizer.variables, *self.average.average]
        state += [self.training_step.count, self.row_sums, self.epoch_sums, self.best, *self.loss.trainable_variables]
        state += self.training_step.scale_variables
        self.workers.share(list({id(variable.handle): variable for variable in state}.values()))

    def _progress(self) -> Progress:
        progress = training_progress()
        progress.disable = not self.workers.is_first
        return progress

    @property
    def bad(self) -> dict[Path, str]:
        """A sentence for each picture that could not be read; others were learned from in their place."""
        sources = (self.source, *([self.validation.source] if self.validation else []))
        parts = [part for source in sources for part in parts_of(source)]
        return {path: text for part in parts for path, text in getattr(part, "bad", {}).items()}

    def batches(self, first: int) -> Iterator:
        """Batches of (images, targets) from step number `first` on, as this worker sees them; without end."""
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
        """Log, validate and keep what is due; all workers have the same losses, and fail alike."""
        progress.update(task, completed=step)
        row, epoch = self._due(step)
        if self.workers.is_first:
            self._write(step, row, epoch, progress, task)

    def _due(self, step: int) -> tuple[dict[str, float], dict[str, float]]:
        """The losses of a row of steps.csv and of an epoch, where these end with this step; otherwise nothing."""
        row, epoch = {}, {}
        if step % STEPS_PER_LOG_ROW == 0:
            row = self._take(self.row_sums, STEPS_PER_LOG_ROW)
        if step % self.epoch_steps == 0 or step == self.total_steps:
            epoch = self._take(self.epoch_sums, step - (math.ceil(step / self.epoch_steps) - 1) * self.epoch_steps)
        check_losses({**epoch, **row}, step)
        return row, epoch

    def take_over(self, assign: Callable[[], None], losses: np.ndarray) -> None:
        """Go on from steps that were done elsewhere: log them, validate where an epoch ends with them, keep the state.

        Epochs that end within these steps have no validation.

        Args:
            assign: brings everything that changes in training to what it is after these steps.
            losses: float32 [steps, names], what each step told.

        Raises:
            UserError: losses or weights that are not finite, or a folder that cannot be written.
        """
        self._open_logs()
        end = self.step + len(losses)
        with training_progress() as progress:
            task = progress.add_task("taking back", total=end, completed=self.step, loss="")
            steps = range(self.step + 1, end + 1)
            assign()
            for step, values in zip(steps, losses, strict=True):
                self.row_sums.assign_add(values)
                self.epoch_sums.assign_add(values)
                row, epoch = self._due(step)
                if step == end:
                    self._write(step, row, epoch, progress, task)
                    continue
                self._log_row(step, row)
                if epoch:
                    number = math.ceil(step / self.epoch_steps)
                    self.epochs_log.write(step=step, epoch=number, **epoch, validation_ap=math.nan)
        self._save_checkpoint(end)

    def _write(self, step: int, row: dict[str, float], epoch: dict[str, float], progress: Progress, task: int) -> None:
        """Into the run folder: the losses of a row of steps.csv and of an epoch, where they are due, and the state."""
        self._log_row(step, row)
        if row:
            progress.update(task, loss=f"loss {row['loss']:.3f}")
        if epoch:
            self._end_epoch(step, epoch, progress)
        elif time.monotonic() > self._next_checkpoint:
            self._save_checkpoint(step)
        if step == self.schedule.stable_steps < self.total_steps:
            self._check_weights(step)
            self.checkpoint.save_stable(step)  # after the sums of an epoch that ends here have been taken

    def _log_row(self, step: int, row: dict[str, float]) -> None:
        """A row of steps.csv, if one is due."""
        if row:
            learning_rate = self.schedule.rate_at(step - 1)
            self.steps_log.write(step=step, **row, learning_rate=learning_rate)
            self._write_board(step, **row, learning_rate=learning_rate)

    def _end_epoch(self, step: int, losses: dict[str, float], progress: Progress) -> None:
        epoch = math.ceil(step / self.epoch_steps)
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
        if not self.workers.is_first:
            return
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
