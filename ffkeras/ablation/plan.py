"""What an ablation trains: how, for how long, and where each run lies; `ablation.json` in its folder. No TensorFlow."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ffkeras import checks, cli
from ffkeras.errors import UserError
from ffkeras.files import read_json, write_json
from ffkeras.models.config import NetworkConfig, config_from_json, config_to_json
from ffkeras.training.config import TrainingConfig
from ffkeras.training.log import CsvLog

PLAN_FILE = "ablation.json"
RUNS, NETWORKS, FILES = "runs", "networks", "files"
ROW_OPTIONS = ("--model", "--seed", "--output", "--resume", "--quantize", "--threads")  # the ablation gives these
TIME_OPTIONS = ("--epochs", "--steps", "--batch-size", "--schedule", "--data")  # it has options of its own for these
TRAINING_FILE, EPOCHS_FILE = "training.json", "epochs.csv"


@dataclass(frozen=True)
class Plan:
    """How every row is trained.

    Args:
        steps: of every run.
        batch_size: images in a step.
        data: folders of training data; none for synthetic faces.
        schedule: of the learning rate, as `TrainingConfig` has it.
        options: further options of `tools/train.py`, the same for all runs.

    Raises:
        UserError: no steps, or an option that differs from run to run.
    """

    steps: int
    batch_size: int = TrainingConfig.batch_size
    data: tuple[str, ...] = ()
    schedule: str = TrainingConfig.schedule
    options: tuple[str, ...] = ()

    def __post_init__(self):
        for name in ("data", "options"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("steps", "batch_size"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 1:
                raise UserError(f"{name} is {getattr(self, name)}; give a whole number above zero.")
        given = [option.partition("=")[0] for option in self.options if option.startswith("--")]
        if wrong := next((option for option in given if _means(option, ROW_OPTIONS)), None):
            raise UserError(f"{wrong} differs from run to run, so that the ablation gives it; leave it out.")
        if wrong := next((option for option in given if _means(option, TIME_OPTIONS)), None):
            raise UserError(f"{wrong} stands among the options of tools/train.py; give it or --images before the --.")

    @property
    def images(self) -> int:
        """Samples that every run sees."""
        return self.steps * self.batch_size

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of the training input in pixels."""
        sizes = [
            after for option, after in zip(self.options, self.options[1:], strict=False) if option == "--image-size"
        ]
        return cli.parse_image_size(sizes[-1]) if sizes else TrainingConfig.image_size

    def arguments(self) -> list[str]:
        """The options of `tools/train.py` that all runs share."""
        data = ["--data", *self.data] if self.data else []
        time = ["--steps", str(self.steps), "--batch-size", str(self.batch_size), "--schedule", self.schedule]
        return [*data, *time, *self.options]

    @classmethod
    def read(cls, folder: Path) -> "Plan | None":
        """The plan of an ablation's folder, None where there is none. Raises UserError where it is no plan."""
        path = folder / PLAN_FILE
        if not path.exists():
            return None
        try:
            return cls(**read_json(path))
        except TypeError as error:
            raise UserError(f"{path} is no plan of an ablation: {error}.") from error

    def write(self, folder: Path) -> None:
        """Write the plan into an ablation's folder. Raises UserError where that fails."""
        write_json(folder / PLAN_FILE, dataclasses.asdict(self))


def _means(option: str, names: Sequence[str]) -> bool:
    """Whether argparse could take `option` for one of `names`: it accepts shortened ones."""
    return len(option) > 2 and any(name.startswith(option) for name in names)


def plan_of(folder: Path, changes: dict, images: int | None = None) -> Plan:
    """The plan of a folder, or a new one; in one folder all rows are trained alike.

    Args:
        folder: of the ablation.
        changes: fields of the plan that the user has given.
        images: that every row sees in training, instead of the field `steps`.

    Raises:
        UserError: the folder has another plan, or none and neither `changes` has steps nor are there images.
    """
    known = Plan.read(folder)
    if images is not None:
        batch = changes.get("batch_size") or (known.batch_size if known else TrainingConfig.batch_size)
        changes = {**changes, "steps": -(-images // batch) if batch > 0 else 0}
    if known is None:
        if "steps" not in changes:
            raise UserError("say how long each row is trained, with --images or --steps.")
        return Plan(**changes)
    wanted = dataclasses.replace(known, **changes)
    for field in dataclasses.fields(Plan):
        before, after = getattr(known, field.name), getattr(wanted, field.name)
        if before != after:
            raise UserError(
                f"{folder} was started with {field.name} {_text(before)}, not {_text(after)}; "
                "rows are comparable only if trained alike: choose another --output."
            )
    return known


def _text(value: object) -> str:
    return " ".join(value) or "none" if isinstance(value, tuple) else str(value)


@dataclass(frozen=True)
class Run:
    """One row trained with one seed.

    Args:
        root: folder of the ablation.
        row: the row's name.
        seed: of weights, sample order and augmentation.
    """

    root: Path
    row: str
    seed: int

    def __post_init__(self):
        checks.seed(self)

    @property
    def name(self) -> str:
        """The row and the seed."""
        return f"{self.row}/seed_{self.seed}"

    @property
    def folder(self) -> Path:
        """Where `tools/train.py` trains it."""
        return self.root / RUNS / self.row / f"seed_{self.seed}"

    @property
    def has_started(self) -> bool:
        """Whether there is something to resume."""
        return (self.folder / TRAINING_FILE).exists()

    def is_finished(self, steps: int) -> bool:
        """Whether it has been trained for so many steps: its last epoch, whose weights are kept, ended there."""
        rows = CsvLog.read_rows(self.folder / EPOCHS_FILE)
        return self.has_started and bool(rows) and int(rows[-1]["step"]) >= steps


def runs_of(root: Path, row: str) -> list[Run]:
    """All runs of a row that were ever started, by seed."""
    folders = (root / RUNS / row).glob("seed_*")
    seeds = sorted(int(folder.name.removeprefix("seed_")) for folder in folders if folder.name[5:].isdigit())
    return [Run(root, row, seed) for seed in seeds]


def network_path(root: Path, row: str) -> Path:
    """Where a row's configuration lies in the folder of an ablation."""
    return root / NETWORKS / f"{row}.json"


def network_file(root: Path, row: str, network: NetworkConfig) -> Path:
    """The row's configuration as the JSON file that `tools/train.py --model` takes; made where it is not there.

    Raises:
        UserError: it is there and says something else, so that the runs beside it are of another network.
    """
    path = network_path(root, row)
    if not path.exists():
        write_json(path, config_to_json(network))
    elif config_from_json(read_json(path), str(path)) != network:
        raise UserError(
            f"{path} is another network than row {row} of the table: the row was changed; rename the row, or delete "
            f"that file and {root / RUNS / row}."
        )
    return path
