import pytest

from ffkeras.errors import UserError
from ffkeras.pruning.budgets import parse_budget


@pytest.mark.parametrize(
    ("text", "quantity", "limit", "relative", "size"),
    [
        ("params=150k", "params", 150_000, False, None),
        ("params=150000", "params", 150_000, False, None),
        ("params=0.15M", "params", 150_000, False, None),
        ("params=0.5x", "params", 0.5, True, None),
        ("macs=60M@320", "macs", 60e6, False, (320, 320)),
        ("macs=0.7x", "macs", 0.7, True, (640, 640)),
        ("arena=256KB@160x160", "arena", 256_000, False, (160, 160)),
        ("arena=256KiB@96x128", "arena", 262_144, False, (96, 128)),
        ("latency=0.8x", "latency", 0.8, True, (640, 640)),
        ("latency=.8x@320", "latency", 0.8, True, (320, 320)),
        ("instructions=60M@160x160:m7", "instructions", 60e6, False, (160, 160)),
        ("instructions=0.8x@96x128:M55", "instructions", 0.8, True, (96, 128)),
    ],
)
def test_budgets_are_read_with_units_and_sizes(text, quantity, limit, relative, size):
    budget = parse_budget(text)
    assert (budget.quantity, budget.relative, budget.image_size) == (quantity, relative, size)
    assert budget.limit == pytest.approx(limit)
    assert budget.processor == (text.lower().partition(":")[2] or None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weights=3", "limits none of params, macs, arena, latency"),
        ("params", "no number"),
        ("params=many", "no number"),
        ("params=-3k", "no number"),
        ("params=0", "leaves nothing"),
        ("params=150kb", "takes k, m, g or x"),
        ("params=150k@320", "leave out @320"),
        ("params=1.5x", "between 0 and 1"),
        ("macs=60M@333", "not a multiple of 32"),
        ("arena=256KB", "no image size"),
        ("arena=256k@160", "takes b, kb, mb, kib, mib or x"),
        ("latency=8", "write latency=0.8x"),
        ("instructions=60M", "needs an image size and a processor"),
        ("instructions=60M@160", "needs an image size and a processor"),
        ("instructions=60M@:m7", "needs an image size and a processor"),
        ("instructions=60M@160:m8", "m3, m4, m7, m33, m55"),
        ("instructions=60M@150:m7", "not a multiple of 32"),
        ("instructions=60KB@160:m7", "takes k, m, g or x"),
        ("macs=60M@160:m7", "is not a size"),
    ],
)
def test_budgets_that_make_no_sense_are_refused_in_a_sentence(text, said):
    with pytest.raises(UserError, match=said):
        parse_budget(text)
