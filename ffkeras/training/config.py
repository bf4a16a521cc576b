"""How a network is trained, saved as `training.json` beside its weights."""

import dataclasses
from dataclasses import dataclass

from ffkeras import checks
from ffkeras.data.augment_config import AugmentConfig
from ffkeras.errors import UserError
from ffkeras.training.loss_config import SSD, LossConfig
from ffkeras.training.schedule import COSINE, SCHEDULES, Schedule

EXTENDABLE = ("epochs", "steps", "decay_share", "frozen_norm_share")  # what a run that goes on may change
NORM_STATISTICS = OF_BATCH, OF_WORKER = "batch", "worker"
PRECISIONS = ("", "float16", "bfloat16")
BACKBONE_BLOCKS = 14  # the stem and 13 blocks

# How samples were varied before that could be chosen.
BEFORE_CHOICE = AugmentConfig((0.3, 0.45, 0.6, 0.8, 1.0), 0.2, 0.25, 0.0, 0.05)

QUANTIZE_DEFAULTS = {
    "epochs": 3,
    "learning_rate": 3e-4,
    "weight_decay": 0.0,
    "warmup_steps": 100,
    "frozen_norm_share": 0.0,
}


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides what a run computes.

    Args:
        data: folders of training data; none for synthetic faces.
        synthetic_count: images in an epoch of synthetic faces.
        image_size: (height, width) of the network input in training, multiples of 32.
        batch_size: images in a step.
        epochs: passes over the data.
        steps: of the whole run, whatever the size of its data; 0 for those of `epochs`.
        learning_rate: of AdamW, at its height.
        weight_decay: of AdamW, on kernels.
        schedule: of the learning rate after the warm-up, `cosine` or `wsd`, see `Schedule`. A run with `wsd` can be
            made longer at any time.
        warmup_steps: steps of linear rise.
        decay_share: 0..1, the last part of the steps, in which `wsd` brings the learning rate down to zero.
        gradient_norm: gradients are scaled down to this global norm.
        frozen_norm_share: the last part of the steps, 0..1, in which BatchNorm uses its moving statistics, as in
            inference. Layers that serve several levels see other statistics on each, so that batch statistics in
            training and moving ones in inference make different networks of one.
        norm_statistics: where several workers train together, whether BatchNorm sees the whole `batch`, so that their
            number changes nothing, or the `worker`'s part alone, which spares most of the exchange; the moving
            statistics are then the mean of the workers'.
        average_decay: 0..1, of the exponential moving average of the weights, which is what is validated and saved.
        loss: what is learned from labels.
        augment: how samples are varied.
        backbone: file with ImageNet weights of the backbone, or run folder whose backbone to take; empty for random
            ones.
        start_from: run folder whose weights to start from, of the same network or a narrower one; empty for none.
        parts: of the network that are taken from `start_from` as far as names and shapes agree; empty for all
            weights, which must all agree.
        start_checksum: CRC-32 of these weights, so that it can be told whether a quantised network is still that of
            its float run; filled in when the run starts.
        data_digest: of the labelled images, so that a run is not resumed on others; filled in when the run starts,
            empty for synthetic faces.
        frozen_blocks: 0..14, the first blocks of the backbone, the stem among them, that keep their weights and
            statistics: worth it where they come from a network that has learned to find faces.
        validation_size: (height, width) at which held-out images are detected.
        teacher: run folder of a float network to learn from, besides the labels; empty for none.
        temperature: at which the teacher's and the network's classes are compared.
        distillation: 0..1, the teacher's share of the loss.
        mixed_precision: type of the maps while the network is trained, `float16` or `bfloat16`, with weights,
            normalisation and losses in float32; empty for float32 throughout.
        quantize: train with the roundings of int8 (quantization-aware); needs `start_from`, whose network it takes.
        seed: of weights, sample order and augmentation; 0..2^32 - 1.

    Raises:
        UserError: a number outside its range.
    """

    data: tuple[str, ...] = ()
    synthetic_count: int = 2048
    image_size: tuple[int, int] = (320, 320)
    batch_size: int = 16
    epochs: int = 40
    steps: int = 0
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.01
    schedule: str = COSINE
    warmup_steps: int = 300
    decay_share: float = 0.3
    gradient_norm: float = 10.0
    frozen_norm_share: float = 0.3
    norm_statistics: str = OF_BATCH
    average_decay: float = 0.999
    loss: LossConfig = LossConfig()
    augment: AugmentConfig = AugmentConfig()
    backbone: str = ""
    start_from: str = ""
    parts: tuple[str, ...] = ()
    start_checksum: str = ""
    data_digest: str = ""
    frozen_blocks: int = 0
    validation_size: tuple[int, int] = (640, 640)
    teacher: str = ""
    temperature: float = 4.0
    distillation: float = 0.7
    mixed_precision: str = ""
    quantize: bool = False
    seed: int = 0

    def __post_init__(self):
        for name in ("data", "image_size", "validation_size", "parts"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name, kind in (("loss", LossConfig), ("augment", AugmentConfig)):
            if isinstance(getattr(self, name), dict):  # of a JSON object
                object.__setattr__(self, name, kind(**getattr(self, name)))
        checks.above_zero(
            self, "batch_size", "epochs", "synthetic_count", "learning_rate", "gradient_norm", "temperature"
        )
        checks.zero_or_above(self, "weight_decay", "warmup_steps", "steps")
        checks.share(self, "frozen_norm_share", "decay_share", "average_decay", "distillation")
        checks.choice(self, "schedule", SCHEDULES)
        checks.choice(self, "norm_statistics", NORM_STATISTICS)
        checks.choice(self, "mixed_precision", PRECISIONS)
        checks.seed(self)
        if self.quantize and not self.start_from:
            raise UserError("quantization-aware training fine-tunes a trained network; name its run with --from.")
        if self.quantize and self.backbone:
            raise UserError("quantization-aware training takes all weights from --from; leave out --backbone.")
        if self.frozen_blocks not in range(BACKBONE_BLOCKS + 1):
            raise UserError(f"frozen_blocks is {self.frozen_blocks}; give a whole number from 0 to {BACKBONE_BLOCKS}.")
        if self.quantize and self.frozen_blocks:
            raise UserError("quantization-aware training changes all weights; leave out --frozen-blocks.")
        if self.parts and not self.start_from:
            raise UserError("parts are taken from a trained network; name its run with --from.")
        if self.quantize and self.parts:
            raise UserError("quantization-aware training takes all weights from --from; leave out --parts.")
        if self.quantize and self.mixed_precision:
            raise UserError("16 bits are too few to learn int8's roundings in; leave out --mixed-precision.")

    @classmethod
    def of_kind(cls, quantize: bool, **values) -> "TrainingConfig":
        """A configuration whose absent values suit training from the start, or short quantization-aware training."""
        return cls(**{**(QUANTIZE_DEFAULTS if quantize else {}), **values, "quantize": quantize})

    @classmethod
    def from_json(cls, values: dict, name: str) -> "TrainingConfig":
        """Read what `to_json` gave; UserError, naming the file `name`, where the fields are others.

        A file of before the loss could be chosen was of SSD's recipe.
        """
        try:
            return cls(**{"loss": SSD, "augment": BEFORE_CHOICE, **values})
        except TypeError as error:
            raise UserError(f"{name} is not a training configuration: {error}.") from error

    def total_steps(self, epoch_steps: int) -> int:
        """The steps of the whole run, where a pass over its data has `epoch_steps`."""
        return self.steps or epoch_steps * self.epochs

    def schedule_of(self, total_steps: int) -> Schedule:
        """The schedule of a run of so many steps."""
        return Schedule(
            self.schedule,
            self.learning_rate,
            total_steps,
            self.warmup_steps,
            self.decay_share,
            self.frozen_norm_share,
        )

    def to_json(self) -> dict:
        """The configuration as a JSON object."""
        return dataclasses.asdict(self)
