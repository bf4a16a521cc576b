"""Accuracies of files, measured elsewhere and read from a JSON file."""

import os
from dataclasses import asdict, dataclass

from ffkeras.errors import UserError
from ffkeras.files import read_json


@dataclass(frozen=True)
class Accuracy:
    """Average precision on WIDER FACE validation, 0..1."""

    easy: float
    medium: float
    hard: float

    def to_json(self) -> dict:
        """A JSON object of the three."""
        return asdict(self)


def read_accuracies(path: str | os.PathLike) -> dict[str, Accuracy]:
    """Read `{"<file>.tflite": {"easy": 0.9, "medium": 0.8, "hard": 0.7}, ...}`.

    Raises:
        UserError: missing, not JSON, or an entry that is not three numbers in 0..1.
    """
    return {name: _check(values, name, path) for name, values in read_json(path).items()}


def _check(values: object, name: str, path: str | os.PathLike) -> Accuracy:
    try:
        accuracy = Accuracy(**values)
        if all(0 <= value <= 1 for value in asdict(accuracy).values()):
            return accuracy
    except TypeError:
        pass
    raise UserError(f'{path}: {name!r} should be {{"easy": E, "medium": M, "hard": H}} with numbers in 0..1; mend it.')
