"""Values of configurations held against their ranges: one sentence for each kind of mistake, which names the field."""

import math
from collections.abc import Sequence

from ffkeras.errors import UserError

SEEDS = 1 << 32  # what NumPy's and TensorFlow's generators all take


def require(config: object, name: str, holds: bool, advice: str) -> None:
    """Raise UserError, with the field's value and what to give instead, unless `holds`."""
    if not holds:
        raise UserError(f"{name} is {getattr(config, name)!s}; {advice}.")


def above_zero(config: object, *names: str) -> None:
    """The fields are finite numbers above zero."""
    for name in names:
        require(config, name, 0 < getattr(config, name) < math.inf, "give a number above zero")  # false for NaN too


def zero_or_above(config: object, *names: str) -> None:
    """The fields are finite numbers from zero up."""
    for name in names:
        require(config, name, 0 <= getattr(config, name) < math.inf, "give zero or a number above")


def share(config: object, *names: str) -> None:
    """The fields are numbers from 0 to 1."""
    for name in names:
        require(config, name, 0 <= getattr(config, name) <= 1, "give a number from 0 to 1")


def choice(config: object, name: str, choices: Sequence[str]) -> None:
    """The field is one of some words."""
    value = getattr(config, name)
    if value not in choices:
        raise UserError(f"{name} is {value!r}; choose one of {', '.join(choices)}.")


def seed(config: object) -> None:
    """The field `seed` is one that all generators take."""
    require(config, "seed", 0 <= config.seed < SEEDS, f"give a whole number from 0 to {SEEDS - 1}")
