"""What was searched and what was found: `search.json`."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

from ffkeras.errors import UserError
from ffkeras.files import read_json, write_json
from ffkeras.pruning.config import PruneConfig

SEARCH_FOLDER = "search"
RECORD_FILE = "search.json"


@dataclass(frozen=True)
class SearchRecord:
    """A search; it is written when the search starts, and again with its result.

    Args:
        run, checksum: the dense network's folder, and the CRC-32 of its weights.
        budgets, align, hard, objective, trials, trial_steps, trial_learning_rate, held_out, highest_rate, seed: see
            `PruneConfig`.
        starts: rates of the first trials, by group.
        dense: what the dense network has of each budget's quantity.
        limits: of the budgets, in the units of `dense`.
        best: number of the best trial within budget, None before the end.
        rates: of that trial.
    """

    run: str
    checksum: str
    budgets: tuple[str, ...]
    align: int
    hard: bool
    objective: str
    trials: int
    trial_steps: int
    trial_learning_rate: float
    held_out: int
    highest_rate: float
    seed: int
    starts: list[dict[str, float]]
    dense: dict[str, float]
    limits: dict[str, float]
    best: int | None = None
    rates: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, config: PruneConfig, **values) -> "SearchRecord":
        """The record of a configuration's search, with the other fields in `values`."""
        names = {entry.name for entry in dataclasses.fields(cls)} & set(config.to_json())
        return cls(**{name: getattr(config, name) for name in names if name not in values}, **values)

    @classmethod
    def read(cls, folder: Path) -> "SearchRecord":
        """Read the record in the folder of a search. Raises UserError where it is missing or has other fields."""
        path = folder / RECORD_FILE
        try:
            return cls(**read_json(path))
        except TypeError as error:
            raise UserError(f"{path} is not the record of a search: {error}.") from error

    def write(self, folder: Path) -> None:
        """Write the record into the folder of a search. Raises UserError where that fails."""
        write_json(folder / RECORD_FILE, dataclasses.asdict(self))
