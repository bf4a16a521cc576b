"""What rates cost: a short soft-pruned fine-tune, then the objective on held-out images.

A network that has just lost a quarter of its filters is good for nothing, whichever they were; what tells rates apart
is how far it heals. So filters go early, and the last part is trained on BatchNorm's moving statistics, as inference
has them: they lag behind after such a change, and are shared by the pyramid's levels (Nano-B at 0.56 of its
parameters, uniform rates, 120 steps: held-out loss 36 without that part, 21 with it; dense 11; no healing 34).
"""

from collections.abc import Callable, Mapping

import numpy as np

from ffkeras.backend import tf
from ffkeras.data.pipeline import training_dataset, user_errors
from ffkeras.data.samples import PipelineConfig, Source
from ffkeras.errors import UserError
from ffkeras.models.featherface import FeatherFace
from ffkeras.pruning.config import LOSS, PruneConfig
from ffkeras.pruning.removal import zero_out
from ffkeras.pruning.soft import SoftPrunedFeatherFace
from ffkeras.training.config import TrainingConfig
from ffkeras.training.losses import MultiboxLoss, multibox_loss
from ffkeras.training.matching import make_matcher
from ffkeras.training.schedule import COSINE
from ffkeras.training.step import TrainingStep, make_adamw
from ffkeras.training.validation import HeldOutValidation

RAMP_SHARE = 0.25  # of the steps, in which the filters go
CHOICES_IN_RAMP = 5  # of filters
FROZEN_NORM_SHARE = 0.6  # the last part of the steps, on BatchNorm's moving statistics
GRADIENT_NORM = 100.0  # a healing network's gradients are 20 to 60 long: cut at 10, its loss came out 2 higher


class ShortFineTune:
    """Fine-tunes one network again and again, from the same weights, on the same batches, under different widths.

    Everything is built and traced once: between two calls only weights, optimizer and masks are put back.

    Args:
        model: the dense network; it is left as it is.
        config: of the pruning.
        source: training samples.
        held_out: samples that the objective is measured on.
        after_step: called after every training step; may raise to stop.

    Raises:
        UserError: no image is held out.
    """

    def __init__(
        self,
        model: FeatherFace,
        config: PruneConfig,
        source: Source,
        held_out: Source,
        after_step: Callable[[], None] = lambda: None,
    ):
        if not len(held_out):
            raise UserError("the data hold no image out to compare trials on; give more images with --data.")
        self.dense, self.config, self.source, self.after_step = model, config, source, after_step
        ramp = max(1, round(RAMP_SHARE * config.trial_steps))
        self.soft = SoftPrunedFeatherFace(model, {}, ramp, max(1, ramp // CHOICES_IN_RAMP), soft=not config.hard)
        short = TrainingConfig(
            learning_rate=config.trial_learning_rate,
            warmup_steps=config.trial_steps // 10,
            weight_decay=0.0,
            gradient_norm=GRADIENT_NORM,
            schedule=COSINE,
            frozen_norm_share=FROZEN_NORM_SHARE,
        )
        self._schedule = short.schedule_of(config.trial_steps)
        self._step = TrainingStep(self.soft, MultiboxLoss(short.loss), make_adamw(short))
        self._pipeline = PipelineConfig(
            config.image_size, config.batch_size, model.config.mean, config.seed, short.augment
        )
        self._loss = short.loss
        self._matcher = make_matcher(model.config.anchors, config.image_size, short.loss.matching)
        self._train_step = tf.function(self._step.__call__)
        self._held_out_loss = tf.function(
            lambda images, targets: multibox_loss(self.network.forward(images), targets, self._loss)
        )
        some = _FirstOf(held_out, config.held_out)
        if config.objective == LOSS:
            self._held_out = self._batches_of(some)
        else:
            self._validation = HeldOutValidation(self.network, some, config.validation_size)

    @property
    def network(self) -> FeatherFace:
        """The network that is fine-tuned; after a call it is masked."""
        return self.soft.network

    def __call__(self, widths: Mapping[str, int]) -> float:
        """Fine-tune under soft pruning towards these widths.

        Returns:
            The held-out loss, or 1 - average precision, of the masked network; infinite where training diverged.
        """
        self._restart(widths)
        batches = iter(training_dataset(self.source, self._pipeline, self._matcher))
        with user_errors():
            for step in range(self.config.trial_steps):
                self._step.optimizer.learning_rate = self._schedule.rate_at(step)
                self._train_step(*next(batches), frozen_norm=self._schedule.is_frozen_at(step))
                self.after_step()
        zero_out(self.soft.map, self.soft.kept())
        return self._objective()

    def dense_objective(self) -> float:
        """The objective of the dense network as it is."""
        self._restart({})
        return self._objective()

    def _restart(self, widths: Mapping[str, int]) -> None:
        self.soft.restart(self.dense)
        self.soft.set_widths(widths)
        self._step.restart()

    def _objective(self) -> float:
        if self.config.objective == LOSS:
            value = np.mean([float(self._held_out_loss(*batch)["loss"]) for batch in self._held_out])
        else:
            value = 1.0 - self._validation.average_precision()
        return float(value) if np.isfinite(value) else float("inf")

    def _batches_of(self, source: Source) -> list:
        """Held-out batches, cropped as in training, the same for every trial; kept in memory."""
        count = max(1, len(source) // self.config.batch_size)
        with user_errors():
            return list(training_dataset(source, self._pipeline, self._matcher).take(count))


class _FirstOf:
    """The first samples of a source."""

    def __init__(self, source: Source, count: int):
        self._source, self._count = source, min(count, len(source))

    def __len__(self) -> int:
        return self._count

    def load(self, index: int):
        return self._source.load(index)
