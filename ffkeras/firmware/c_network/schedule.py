"""In which order layers run, so that little memory is needed at once, and when each tensor is needed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    """What memory a layer works on.

    Args:
        inputs: tensors that it reads.
        output: the tensor that it writes; no other step writes it.
        scratch: bytes of working memory.
        distances: inputs that the output may overlap -> how many bytes before such an input it must begin at least.
    """

    inputs: tuple[int, ...]
    output: int
    scratch: int = 0
    distances: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """A network's steps, in an order in which they can run.

    Args:
        steps: each writes its output before others read it.
        sizes: tensor -> bytes.
        inputs, outputs: tensors that are there before the first step, and needed after the last one.
    """

    steps: tuple[Step, ...]
    sizes: Mapping[int, int]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def lifetimes(self, order: Sequence[int]) -> dict[int, tuple[int, int]]:
        """Tensor -> the first and last place in `order` at which it is needed; inputs begin at -1."""
        first = dict.fromkeys(self.inputs, -1)
        last = {}
        for place, index in enumerate(order):
            step = self.steps[index]
            first[step.output] = place
            last.update(dict.fromkeys((*step.inputs, step.output), place))
        last.update(dict.fromkeys(self.outputs, len(order)))
        return {tensor: (begin, last.get(tensor, begin)) for tensor, begin in first.items()}

    def most_memory(self, order: Sequence[int]) -> tuple[int, int]:
        """Bytes that are needed at the most demanding place in `order`, and that place."""
        lifetimes = self.lifetimes(order)
        change = [0] * (len(order) + 2)
        for tensor, (begin, end) in lifetimes.items():
            change[max(begin, 0)] += self.sizes[tensor]
            change[end + 1] -= self.sizes[tensor]
        needed, live = [], 0
        for place, index in enumerate(order):
            live += change[place]
            needed.append(live + self.steps[index].scratch - self._overlap(index, place, lifetimes))
        most = max(needed, default=0)
        return most, needed.index(most) if needed else 0

    def _overlap(self, index: int, place: int, lifetimes: Mapping[int, tuple[int, int]]) -> int:
        """Bytes that a step saves because its output overlaps an input that is not needed any more."""
        step, saved = self.steps[index], 0
        for tensor, distance in step.distances.items():
            if lifetimes[tensor][1] == place:
                both = self.sizes[step.output] + self.sizes[tensor]
                saved = max(saved, both - max(self.sizes[step.output], distance + self.sizes[tensor]))
        return saved


def order_steps(work: Work) -> tuple[int, ...]:
    """The steps' indices in an order that needs less memory than the given one, or as much.

    Steps are moved away from the most demanding place one by one, as long as that helps.
    """
    order = tuple(range(len(work.steps)))
    most, place = work.most_memory(order)
    while True:
        tried = [(*work.most_memory(moved), moved) for moved in _moves(work, order, place)]
        best = min(tried, default=None, key=lambda result: result[0])
        if best is None or best[0] >= most:
            return order
        most, place, order = best


def _moves(work: Work, order: Sequence[int], place: int) -> Iterator[tuple[int, ...]]:
    """Orders in which a tensor that is only kept over `place` is written after it, or read for the last time before."""
    lifetimes = work.lifetimes(order)
    first_use: dict[int, int] = {}
    for position in reversed(range(len(order))):
        first_use.update(dict.fromkeys(work.steps[order[position]].inputs, position))
    for position, index in enumerate(order):
        step = work.steps[index]
        if position < place:
            user = first_use.get(step.output, len(order))
            if user > place:
                yield (*order[:position], *order[position + 1 : user], index, *order[user:])
        elif position > place:
            ready = all(lifetimes[tensor][0] < place for tensor in step.inputs)
            if ready and any(lifetimes[tensor][1] == position for tensor in step.inputs):
                yield (*order[:place], index, *order[place:position], *order[position + 1 :])
