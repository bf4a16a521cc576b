"""What is trained on the other machine, as `plan.json` beside the lowered steps; without TensorFlow."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from ffkeras.data.augment_config import AugmentConfig
from ffkeras.errors import UserError
from ffkeras.files import read_json, write_json
from ffkeras.geometry import AnchorConfig
from ffkeras.training.loss_config import LossConfig
from ffkeras.training.schedule import COSINE, Schedule

PLAN_FILE = "plan.json"


@dataclass(frozen=True)
class LoweredRun:
    """One of the networks that are trained side by side.

    Args:
        name: of its files and of its run folder.
        start: run folder whose network and weights it starts from.
        scratch: keep only the network of `start`, and begin with random weights.
        distillation: 0..1, the teacher's share of the loss; 0 for labels alone.
        steps: file names of the step on batch statistics and of the one on moving statistics (`frozen_norm`).
    """

    name: str
    start: str
    scratch: bool = False
    distillation: float = 0.7
    steps: tuple[str, str] = ("", "")

    def __post_init__(self):
        object.__setattr__(self, "steps", tuple(self.steps))
        if not 0 <= self.distillation <= 1:
            raise UserError(f"distillation of {self.name} is {self.distillation}; give a number from 0 to 1.")


@dataclass(frozen=True)
class Plan:
    """Everything that the training on the other machine needs to know.

    Args:
        runs: trained side by side; every batch is shown to each of them.
        data: folders of training data, as `tools/train.py` takes them.
        teacher: run folder of the float network that all of them learn from.
        image_size: (height, width) of the network input in training.
        mean: BGR, of the networks' input.
        batch_size: images in a step.
        anchors: of the networks; filled in when they are lowered.
        total_steps, schedule, warmup_steps, decay_share, learning_rate, frozen_norm_share, loss, augment, seed: see
            `TrainingConfig`.
    """

    runs: tuple[LoweredRun, ...]
    data: tuple[str, ...]
    teacher: str
    image_size: tuple[int, int] = (320, 320)
    mean: tuple[float, float, float] = (128.0, 128.0, 128.0)
    batch_size: int = 32
    anchors: AnchorConfig | None = None
    total_steps: int = 10000
    schedule: str = COSINE
    warmup_steps: int = 300
    decay_share: float = 0.3
    learning_rate: float = 1.5e-3
    frozen_norm_share: float = 0.35
    loss: LossConfig = LossConfig()
    augment: AugmentConfig = AugmentConfig()
    seed: int = 0

    @classmethod
    def read(cls, folder: Path) -> "Plan":
        """The plan in a folder. Raises UserError where there is none or it is another version's."""
        path = folder / PLAN_FILE
        if not path.exists():
            raise UserError(f"{folder} holds no plan: it has no {PLAN_FILE}; write one with tools/lower_training.py.")
        try:
            values = read_json(path)
            values["runs"] = tuple(LoweredRun(**run) for run in values["runs"])
            values["anchors"] = AnchorConfig(**values["anchors"]) if values["anchors"] else None
            values["loss"], values["augment"] = LossConfig(**values["loss"]), AugmentConfig(**values["augment"])
            return cls(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
        except (TypeError, KeyError) as error:
            raise UserError(f"{path} is not a plan of lowered training: {error}; write it again.") from error

    def write(self, folder: Path) -> None:
        """Write the plan into a folder."""
        write_json(folder / PLAN_FILE, dataclasses.asdict(self))

    def schedule_of_steps(self) -> Schedule:
        """The learning rate and BatchNorm's statistics, step by step."""
        return Schedule(
            self.schedule,
            self.learning_rate,
            self.total_steps,
            self.warmup_steps,
            self.decay_share,
            self.frozen_norm_share,
        )
