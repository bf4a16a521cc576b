"""Fields of the networks' configurations: what stands in their metadata, and what every value is held against."""

import dataclasses
from dataclasses import field

_KINDS = {bool: "true or false", int: "a whole number", str: "a name", tuple: "a list"}


def choice(default: str | int, *others: str | int):
    """A field that takes one of some values, the first by default."""
    return field(default=default, metadata={"choices": (default, *others)})


def check_fields(config: object) -> None:
    """Make tuples of lists; hold every field against its default's kind, its choices and its least value (1).

    Raises:
        ValueError: a value of the wrong kind or out of its range.
    """
    for entry in dataclasses.fields(config):
        value, kind = getattr(config, entry.name), type(entry.default)
        if isinstance(value, list):
            value = tuple(tuple(inner) if isinstance(inner, list) else inner for inner in value)
            object.__setattr__(config, entry.name, value)
        received = f"{entry.name} is {value!r:.80}"
        if type(value) is not kind:  # isinstance would let true pass for 1
            raise ValueError(f"{received}; it should be {_KINDS.get(kind, 'an object')}")
        choices = entry.metadata.get("choices", (value,))
        if value not in choices:
            raise ValueError(f"{received}; it should be {' or '.join(map(str, choices))}")
        least = entry.metadata.get("least", 1)
        if kind is int and value < least:
            raise ValueError(f"{received}; it should be {least} or more")


def are_widths(values: object, count: int) -> bool:
    """Whether it is a tuple of so many numbers of channels."""
    return isinstance(values, tuple) and len(values) == count and all(type(v) is int and v > 0 for v in values)


def check_widths(config: object, name: str, count: int, may_be_empty: bool = True) -> None:
    """Hold a list of widths against its length; an empty one stands for the specification's widths.

    Raises:
        ValueError: another length, or what is no width.
    """
    widths = getattr(config, name)
    if not (are_widths(widths, count) or (may_be_empty and not widths)):
        wanted = f"{count} widths, whole numbers above zero"
        raise ValueError(f"{name} is {widths!r:.80}; it should be {'empty or ' * may_be_empty}{wanted}")
