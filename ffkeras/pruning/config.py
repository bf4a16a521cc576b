"""How a network is pruned, saved as `prune.json` in the output folder."""

import dataclasses
import zlib
from dataclasses import dataclass, field

from ffkeras import checks
from ffkeras.errors import UserError
from ffkeras.files import read_json
from ffkeras.pruning.budgets import parse_budget

CONFIG_FILE = "prune.json"
LOSS, AVERAGE_PRECISION = "loss", "ap"
OBJECTIVES = (LOSS, AVERAGE_PRECISION)
SEARCH, UNIFORM, GIVEN = "search", "uniform", "given"
_SEARCHED = ("checksum", "budgets", "align", "hard", "image_size", "batch_size", "synthetic_count", "trials")
_SEARCHED += ("trial_steps", "trial_learning_rate", "objective", "held_out", "highest_rate", "seed")


@dataclass(frozen=True)
class PruneConfig:
    """Everything that decides what a pruning gives.

    Args:
        run: folder of the dense network.
        checksum: CRC-32 of its weights; filled in when pruning starts.
        budgets: upper limits, as `parse_budget` reads them.
        rates_from: `search`, `uniform` (one rate for all groups that just meets the budgets) or `given`.
        rates: by group, where they are given.
        align: widths are rounded up to multiples of it.
        hard: a filter that has been masked never returns (ablation).
        data: folders of training data; none for synthetic faces.
        synthetic_count: images in an epoch of synthetic faces.
        image_size: (height, width) of the network input in training, multiples of 32.
        batch_size: images in a step.
        trials: of the search, those over a budget, which are not trained, among them.
        trial_steps: training steps of a trial.
        trial_learning_rate: of AdamW in a trial, at its height.
        objective: of the search, on held-out images: `loss` or `ap` (average precision).
        held_out: images that the objective is measured on, at most.
        highest_rate: of any group, above 0 and below 1.
        epochs: of soft pruning at the rates found.
        learning_rate: of soft pruning.
        validation_size: (height, width) at which held-out images are detected.
        seed: 0..2^32 - 1.

    Raises:
        UserError: a value outside its range, a budget that cannot be read, or neither budgets nor rates.
    """

    run: str
    checksum: str = ""
    budgets: tuple[str, ...] = ()
    rates_from: str = SEARCH
    rates: dict[str, float] = field(default_factory=dict)
    align: int = 1
    hard: bool = False
    data: tuple[str, ...] = ()
    synthetic_count: int = 2048
    image_size: tuple[int, int] = (320, 320)
    batch_size: int = 16
    trials: int = 40
    trial_steps: int = 120
    trial_learning_rate: float = 3e-3
    objective: str = LOSS
    held_out: int = 128
    highest_rate: float = 0.8
    epochs: int = 10
    learning_rate: float = 1e-3
    validation_size: tuple[int, int] = (640, 640)
    seed: int = 0

    def __post_init__(self):
        for name in ("budgets", "data", "image_size", "validation_size"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for budget in self.budgets:
            parse_budget(budget)
        checks.above_zero(self, "align", "synthetic_count", "batch_size", "trials", "trial_steps", "held_out", "epochs")
        checks.above_zero(self, "trial_learning_rate", "learning_rate")
        checks.require(self, "highest_rate", 0 < self.highest_rate < 1, "give a number between 0 and 1")
        checks.choice(self, "objective", OBJECTIVES)
        checks.seed(self)
        for group, rate in self.rates.items():
            if not 0 <= rate < 1:
                raise UserError(f"the rate of {group} is {rate}; give a number from 0 to below 1.")
        if self.rates_from != GIVEN and not self.budgets:
            raise UserError("nothing says how small the network should be; give a --budget, or --rates.")

    def fingerprint(self) -> str:
        """Eight digits that are equal where two machines search for the same; paths do not count."""
        values = [(name, getattr(self, name)) for name in _SEARCHED]
        return f"{zlib.crc32(repr(values).encode()):08x}"

    def to_json(self) -> dict:
        """The configuration as a JSON object."""
        return dataclasses.asdict(self)

    @classmethod
    def read(cls, path) -> "PruneConfig":
        """Read what `to_json` gave. Raises UserError where the file is missing or has other fields."""
        try:
            return cls(**read_json(path))
        except TypeError as error:
            raise UserError(f"{path} is not a pruning configuration: {error}.") from error
