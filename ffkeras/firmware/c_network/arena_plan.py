"""Where in one arena each tensor lies, so that those which are needed at the same time do not disturb each other."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

ATTEMPTS = 500  # to improve an order; 100 are enough for the released networks
LARGE_SHARE = 16  # spans of less than a 16th of the arena find a gap at the end


@dataclass(frozen=True)
class Span:
    """Memory that is needed for a while.

    Args:
        size: in bytes, above zero.
        first, last: the first and last step at which it is needed.
        distances: index of a span that ends in the step in which this one begins, and that it may overlap -> how many
            bytes before that one it must begin at least.
    """

    size: int
    first: int
    last: int
    distances: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Offsets in bytes, one for each span, and the size of the arena."""

    offsets: tuple[int, ...]
    size: int


def plan_arena(spans: Sequence[Span], goal: int) -> Plan:
    """Place all spans, the large ones first, in an order that is changed at random as long as that helps.

    The same spans always give the same plan.

    Args:
        spans: in any order.
        goal: bytes that are needed at the most demanding step.
    """
    large = [index for index, span in enumerate(spans) if span.size * LARGE_SHARE >= goal]
    small = [index for index, span in enumerate(spans) if span.size * LARGE_SHARE < goal]
    orders = (
        sorted(large, key=lambda index: (-spans[index].size, spans[index].first)),
        sorted(large, key=lambda index: -spans[index].last),  # an output below its input, from the last one on
    )
    order = min(orders, key=lambda order: _size(spans, _place(spans, order)))
    order = _improved(spans, order, goal)
    offsets = _place(spans, [*order, *sorted(small, key=lambda index: -spans[index].size)])
    return Plan(tuple(offsets[index] for index in range(len(spans))), _size(spans, offsets))


def _improved(spans: Sequence[Span], order: list[int], goal: int) -> list[int]:
    """The order after moves of single spans that do not make the arena larger."""
    random_number = random.Random(0).randrange
    size = _size(spans, _place(spans, order))
    for _ in range(ATTEMPTS):
        if size <= goal:
            break
        moved = [*order]
        span = moved.pop(random_number(len(order)))
        moved.insert(random_number(len(order)), span)
        moved_size = _size(spans, _place(spans, moved))
        if moved_size <= size:
            order, size = moved, moved_size
    return order


def _size(spans: Sequence[Span], offsets: Mapping[int, int]) -> int:
    """Bytes of the arena."""
    return max((offset + spans[index].size for index, offset in offsets.items()), default=0)


def _place(spans: Sequence[Span], order: Sequence[int]) -> dict[int, int]:
    """Give each span in turn the lowest offset where it disturbs none that has its own already."""
    offsets: dict[int, int] = {}
    for index in order:
        span = spans[index]
        forbidden = [  # for the span's begin, without the ends themselves
            (offset - _distance(spans, index, other), offset + _distance(spans, other, index))
            for other, offset in offsets.items()
            if span.first <= spans[other].last and spans[other].first <= span.last
        ]
        offsets[index] = _lowest_outside(forbidden)
    return offsets


def _distance(spans: Sequence[Span], lower: int, upper: int) -> int:
    """How many bytes before span `upper` the span `lower` must begin at least, if it begins before it."""
    return spans[lower].distances.get(upper, spans[lower].size)


def _lowest_outside(intervals: Sequence[tuple[int, int]]) -> int:
    """The lowest number from 0 on that is inside none of the open intervals."""
    ends = sorted({0, *(end for _, end in intervals if end > 0)})
    return next(end for end in ends if not any(low < end < high for low, high in intervals))
