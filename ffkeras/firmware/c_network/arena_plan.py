"""Where in one arena each tensor lies, so that those which are needed at the same time do not overlap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

ATTEMPTS = 30  # of each order


@dataclass(frozen=True)
class Span:
    """Memory that is needed for a while.

    Args:
        size: in bytes, above zero.
        first, last: the first and last step at which it is needed.
    """

    size: int
    first: int
    last: int

    def meets(self, other: "Span") -> bool:
        """Whether both are needed at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Plan:
    """Offsets in bytes, one for each span, and the size of the arena."""

    offsets: tuple[int, ...]
    size: int


def least_size(spans: Sequence[Span]) -> int:
    """What is needed at the most demanding step: no arena can be smaller."""
    steps = {span.first for span in spans}
    return max((sum(span.size for span in spans if span.first <= step <= span.last) for step in steps), default=0)


_ORDERS: tuple[Callable[[Span], tuple[int, int]], ...] = (
    lambda span: (-span.size, span.first),
    lambda span: (span.first - span.last, -span.size),
    lambda span: (-span.size * (1 + span.last - span.first), span.first),
    lambda span: (span.first, -span.size),
)


def plan_arena(spans: Sequence[Span]) -> Plan:
    """Place all spans greedily, in an order that is improved as long as the arena is larger than it must be.

    Args:
        spans: in any order.
    """
    goal = least_size(spans)
    best = None
    for criterion in _ORDERS:
        order = sorted(range(len(spans)), key=lambda index: criterion(spans[index]))
        for _ in range(ATTEMPTS):
            plan = _place(spans, order)
            if best is None or plan.size < best.size:
                best = plan
            if best.size == goal:
                return best
            highest = next(i for i in order if plan.offsets[i] + spans[i].size == plan.size)
            order.remove(highest)  # what ended highest is placed first the next time
            order.insert(0, highest)
    return best


def _place(spans: Sequence[Span], order: Sequence[int]) -> Plan:
    """Give each span in turn the lowest place that is free while it is needed."""
    offsets: dict[int, int] = {}
    for index in order:
        taken = sorted(
            (offset, offset + spans[other].size)
            for other, offset in offsets.items()
            if spans[index].meets(spans[other])
        )
        place = 0
        for start, end in taken:
            if place + spans[index].size <= start:
                break
            place = max(place, end)
        offsets[index] = place
    size = max((offset + spans[index].size for index, offset in offsets.items()), default=0)
    return Plan(tuple(offsets[index] for index in range(len(spans))), size)
