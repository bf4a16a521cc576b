"""What a pruned network may cost, as the user writes it: `params=150k`, `macs=60M@320`, `instructions=60M@160:m7`."""

import re
from dataclasses import dataclass

from ffkeras.cli import parse_image_size
from ffkeras.errors import UserError
from ffkeras.firmware.c_network.estimate import PROCESSORS

PARAMETERS, MACS, ARENA, LATENCY, INSTRUCTIONS = "params", "macs", "arena", "latency", "instructions"
QUANTITIES = (PARAMETERS, MACS, ARENA, LATENCY, INSTRUCTIONS)
CHEAP = (PARAMETERS, MACS)  # counted from widths alone; the others need the converted file
DEFAULT_IMAGE_SIZE = (640, 640)

RELATIVE = "x"
_COUNTS = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9}
_BYTES = {"b": 1, "kb": 1e3, "mb": 1e6, "kib": 1 << 10, "mib": 1 << 20}
_UNITS = {PARAMETERS: _COUNTS, MACS: _COUNTS, ARENA: _BYTES, LATENCY: {}, INSTRUCTIONS: _COUNTS}
_PATTERN = re.compile(r"(?P<number>\d+\.?\d*|\.\d+)(?P<unit>[a-z]*)(?:@(?P<size>.*))?")
_EXAMPLES = "write params=150k, macs=60M@320, arena=256KB@160x160, latency=0.8x@640 or instructions=60M@160x160:m7"


@dataclass(frozen=True)
class Budget:
    """An upper limit on one quantity.

    Args:
        quantity: `params` (trainable parameters), `macs` (multiply-accumulates of one image), `arena` (bytes of
            working memory on TFLite Micro), `latency` (invoke time of the int8 file) or `instructions` (about how many
            the exported C99 executes for one image).
        limit: in the quantity's unit, or a share of the dense network's value.
        relative: whether `limit` is such a share.
        image_size: (height, width) of the network input in pixels; None for `params`.
        text: as the user wrote it.
        processor: whose `instructions` are meant, one of PROCESSORS; None for the others.
    """

    quantity: str
    limit: float
    relative: bool
    image_size: tuple[int, int] | None
    text: str
    processor: str | None = None

    @property
    def cheap(self) -> bool:
        """Whether it is counted from widths, without a network being built."""
        return self.quantity in CHEAP

    def format(self, value: float) -> str:
        """A value of the quantity for people."""
        if self.quantity == LATENCY:
            return f"{value:.2f} x"
        if self.quantity == ARENA:
            return f"{value:,.0f} bytes"
        return f"{value / 1e6:,.1f} M" if self.quantity in (MACS, INSTRUCTIONS) else f"{value:,.0f}"


def parse_budget(text: str) -> Budget:
    """Read a budget.

    Args:
        text: `QUANTITY=NUMBER[UNIT][@SIZE]`. The unit `x` is a share of the dense network's value, between 0 and 1.
            KB is 1000 bytes, KiB 1024. SIZE is S or HxW, by default 640; an arena needs one, and instructions need one
            and a processor: `@160x160:m7`.

    Raises:
        UserError: not a budget.
    """
    quantity, _, value = text.strip().partition("=")
    quantity = quantity.strip().lower()
    if quantity not in QUANTITIES:
        raise UserError(f"budget {text!r} limits none of {', '.join(QUANTITIES)}; {_EXAMPLES}.")
    found = _PATTERN.fullmatch(value.strip().lower())
    if found is None:
        raise UserError(f"budget {text!r} has no number that can be read; {_EXAMPLES}.")
    limit, relative = _limit(text, quantity, float(found["number"]), found["unit"])
    size, processor = found["size"], None
    if quantity == INSTRUCTIONS:
        size, processor = _processor(text, size or "")
    return Budget(quantity, limit, relative, _image_size(text, quantity, size), text, processor)


def _processor(text: str, place: str) -> tuple[str, str]:
    """The image size and the processor of "160x160:m7"."""
    size, _, processor = (part.strip() for part in place.partition(":"))
    if not size or processor not in PROCESSORS:
        raise UserError(
            f"budget {text!r} needs an image size and a processor ({', '.join(PROCESSORS)}); write "
            "instructions=60M@160x160:m7."
        )
    return size, processor


def _limit(text: str, quantity: str, number: float, unit: str) -> tuple[float, bool]:
    if unit == RELATIVE:
        if not 0 < number < 1:
            raise UserError(
                f"budget {text!r} is no share of the dense network; give a number between 0 and 1 before x."
            )
        return number, True
    units = _UNITS[quantity]
    if quantity == LATENCY:
        raise UserError(f"budget {text!r} is no share of the dense network's time; write latency=0.8x.")
    if unit not in units:
        known = ", ".join(name for name in units if name)
        raise UserError(f"budget {text!r} has the unit {unit!r}; {quantity} takes {known} or x.")
    if number <= 0:
        raise UserError(f"budget {text!r} leaves nothing; give a number above zero.")
    return number * units[unit], False


def _image_size(text: str, quantity: str, size: str | None) -> tuple[int, int] | None:
    if quantity == PARAMETERS:
        if size is not None:
            raise UserError(f"budget {text!r} has an image size, on which parameters do not depend; leave out @{size}.")
        return None
    if size is None:
        if quantity == ARENA:
            raise UserError(f"budget {text!r} has no image size; write arena=256KB@160x160.")
        return DEFAULT_IMAGE_SIZE
    return parse_image_size(size)
