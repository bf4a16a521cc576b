import itertools
import random

import pytest

from ffkeras.firmware.c_network.arena_plan import Span, plan_arena
from ffkeras.firmware.c_network.schedule import Step, Work, order_steps


def random_work(seed) -> Work:
    """A network of 30 steps: each reads up to three earlier tensors, and may overlap some of them."""
    number = random.Random(seed)
    sizes = {0: number.randint(1, 500)}
    steps = []
    for output in range(1, 31):
        inputs = tuple({number.randint(max(0, output - 6), output - 1) for _ in range(number.randint(1, 3))})
        sizes[output] = number.choice([1, 7, number.randint(1, 500), sizes[inputs[0]]])
        distances = {tensor: number.randint(0, sizes[output]) for tensor in inputs if number.random() < 0.6}
        steps.append(Step(inputs, output, number.choice([0, 0, 20]), distances))
    unread = sizes.keys() - {tensor for step in steps for tensor in step.inputs}
    return Work(tuple(steps), sizes, (0,), tuple(sorted(unread)))


@pytest.mark.parametrize("seed", range(20))
def test_every_tensor_is_written_before_it_is_read(seed):
    work = random_work(seed)
    written = {0}
    order = order_steps(work)
    assert sorted(order) == list(range(len(work.steps)))
    for index in order:
        assert set(work.steps[index].inputs) <= written
        written.add(work.steps[index].output)


@pytest.mark.parametrize("seed", range(20))
def test_the_new_order_needs_no_more_memory(seed):
    work = random_work(seed)
    assert work.most_memory(order_steps(work))[0] <= work.most_memory(range(len(work.steps)))[0]


def test_a_step_whose_result_is_needed_late_runs_late():
    # 1 (large) is read by the last step alone, but is made before the large 2 and 3
    steps = (Step((0,), 1), Step((0,), 2), Step((2,), 3), Step((3,), 4), Step((1, 4), 5))
    work = Work(steps, {0: 1, 1: 100, 2: 100, 3: 100, 4: 1, 5: 1}, (0,), (5,))
    assert work.most_memory(range(5))[0] == 300
    assert work.most_memory(order_steps(work))[0] == 201


def random_spans(seed) -> list[Span]:
    number = random.Random(seed)
    spans: list[Span] = []
    for first in range(40):
        ended = [index for index, span in enumerate(spans) if span.last == first]
        size = number.choice([3, number.randint(1, 1000)])
        distances = {index: number.randint(0, size) for index in ended if number.random() < 0.7}
        spans.append(Span(size, first, first + number.randint(0, 6), distances))
    return spans


@pytest.mark.parametrize("seed", range(20))
def test_no_two_spans_disturb_each_other(seed):
    spans = random_spans(seed)
    plan = plan_arena(spans, goal=0)
    assert plan == plan_arena(spans, goal=0)
    assert plan.size == max(offset + span.size for offset, span in zip(plan.offsets, spans, strict=True))
    for (a, first), (b, second) in itertools.permutations(enumerate(spans), 2):
        if first.first > second.last or second.first > first.last or plan.offsets[a] > plan.offsets[b]:
            continue
        allowed = first.distances.get(b, first.size)
        if plan.offsets[a] == plan.offsets[b]:
            allowed = min(allowed, second.distances.get(a, second.size))
        assert plan.offsets[a] + allowed <= plan.offsets[b]


def test_tensors_that_never_meet_share_memory():
    spans = [Span(100, 0, 1), Span(50, 1, 2), Span(100, 2, 3), Span(50, 3, 4)]
    assert plan_arena(spans, goal=150).size == 150


def test_an_output_goes_over_an_input_that_is_not_needed_any_more():
    spans = [Span(100, 0, 1), Span(80, 1, 2, {0: 10}), Span(80, 2, 3, {1: 0})]
    assert plan_arena(spans, goal=110).size == 110
