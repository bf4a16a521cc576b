"""What is trained on the other machine, as `plan.json` beside the lowered steps; without TensorFlow."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from ffkeras.errors import UserError
from ffkeras.files import read_json, write_json
from ffkeras.geometry import AnchorConfig
from ffkeras.training.config import TrainingConfig
from ffkeras.training.schedule import Schedule

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


DEFAULTS = TrainingConfig(batch_size=32, steps=10000, frozen_norm_share=0.35)


@dataclass(frozen=True)
class Plan:
    """Everything that the training on the other machine needs to know.

    Args:
        runs: trained side by side; every batch is shown to each of them.
        training: what the runs have in common, the float network that all of them learn from and their number of steps
            among it; what a run starts from and the teacher's share are its own.
        mean: BGR, of the networks' input.
        anchors: of the networks; filled in when they are lowered.
    """

    runs: tuple[LoweredRun, ...]
    training: TrainingConfig
    mean: tuple[float, float, float] = (128.0, 128.0, 128.0)
    anchors: AnchorConfig | None = None

    def __post_init__(self):
        object.__setattr__(self, "mean", tuple(self.mean))

    @property
    def schedule(self) -> Schedule:
        """The learning rate and BatchNorm's statistics, step by step."""
        return self.training.schedule_of(self.training.steps)

    def config_of(self, run: LoweredRun) -> TrainingConfig:
        """A run as `tools/train.py` would describe it."""
        return dataclasses.replace(
            self.training,
            start_from="" if run.scratch else run.start,
            teacher=self.training.teacher if run.distillation else "",
            distillation=run.distillation,
        )

    def with_steps(self, steps: int) -> "Plan":
        """The same plan with another number of steps."""
        return dataclasses.replace(self, training=dataclasses.replace(self.training, steps=steps))

    @property
    def first_step(self) -> int:
        """Zero: a plan is trained as a whole."""
        return 0

    @property
    def last_step(self) -> int:
        """Steps that are done in the end."""
        return self.training.steps

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
            values["training"] = TrainingConfig(**values["training"])
            return cls(**values)
        except (TypeError, KeyError) as error:
            raise UserError(f"{path} is not a plan of lowered training: {error}; write it again.") from error

    def write(self, folder: Path) -> None:
        """Write the plan into a folder."""
        write_json(folder / PLAN_FILE, dataclasses.asdict(self))
