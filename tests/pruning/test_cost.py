from pathlib import Path

import pytest

from ffkeras.firmware import smallest_arena
from ffkeras.models.describe import describe
from ffkeras.pruning import cost
from ffkeras.pruning.budgets import parse_budget
from ffkeras.pruning.cost import Measures
from ffkeras.pruning.fpgm import choose
from ffkeras.pruning.quick_file import convert_quickly
from ffkeras.pruning.removal import remove

HALF = 0.5
MICRO = Path(__file__).parents[2] / "tflite" / "models" / "nano_b_micro_160_int8.tflite"


def half(small_map):
    return dict.fromkeys(small_map.groups, HALF)


def test_counted_budgets_are_those_of_the_network_that_removal_gives(small_map):
    params, macs = parse_budget("params=20k"), parse_budget("macs=3M@64x96")
    measures = Measures(small_map, [params, macs])
    rates = half(small_map)
    removed = remove(small_map.model, choose(small_map, measures.widths(rates)))
    description = describe(removed, (64, 96))
    assert measures.value(params, rates) == description.parameters
    assert measures.value(macs, rates) == description.macs
    assert measures.dense(params) == describe(small_map.model, (64, 96)).parameters


def test_a_relative_limit_is_a_share_of_the_dense_network(small_map):
    budget = parse_budget("params=0.5x")
    measures = Measures(small_map, [budget])
    dense = measures.parameters({})
    assert measures.limit(budget) == dense / 2
    assert measures.excess(budget, {}) == pytest.approx(1.0)
    assert measures.excess(budget, dict.fromkeys(small_map.groups, 0.8)) == 0.0


def test_files_are_converted_only_where_the_counted_budgets_hold(small_map, monkeypatch):
    converted = []
    monkeypatch.setattr(Measures, "_file", lambda self, *_, **__: converted.append(1) or b"")
    monkeypatch.setattr(cost, "smallest_arena", lambda model, name: 1000)
    params, arena = parse_budget("params=0.6x"), parse_budget("arena=2KB@64")
    measures = Measures(small_map, [arena, params])
    assert measures.total_excess({}) > 0
    assert not measures.hold({})
    assert not converted
    assert measures.known({}).keys() == {params.text}
    rates = dict.fromkeys(small_map.groups, 0.7)
    assert measures.total_excess(rates) == 0
    assert measures.hold(rates)
    assert len(converted) == 1  # kept for these widths
    assert measures.known(rates).keys() == {params.text, arena.text}


def test_instructions_are_those_that_the_counted_table_gives_the_converted_file(small_map, monkeypatch):
    monkeypatch.setattr(Measures, "_file", lambda self, widths, size, xnnpack_passes: MICRO.read_bytes())
    budgets = [parse_budget(f"instructions=60M@160:{processor}") for processor in ("m3", "m7", "m33", "m55")]
    measures = Measures(small_map, budgets)
    plain, m7, m33, helium = (measures.value(budget, {}) / 1e6 for budget in budgets)
    assert m7 == m33
    assert (plain, m7, helium) == pytest.approx((71, 44, 21), rel=0.1)  # counted under QEMU, tflite/micro/README.md
    assert not budgets[0].cheap and budgets[0].format(71.06e6) == "71.1 M"
    assert measures.excess(budgets[0], {}) > 0 == measures.excess(budgets[1], {})


def test_budgets_of_one_file_convert_it_once(small_map, monkeypatch):
    converted = []
    monkeypatch.setattr(cost, "remove", lambda model, kept: model)
    monkeypatch.setattr(cost, "convert_quickly", lambda *inputs: converted.append(inputs[1:]) or MICRO.read_bytes())
    monkeypatch.setattr(cost, "smallest_arena", lambda model, name: 1000)
    texts = ("instructions=60M@160:m3", "arena=256KB@160x160", "instructions=60M@160:m7", "instructions=60M@320:m7")
    measures = Measures(small_map, [parse_budget(text) for text in texts])
    measures.total_excess({})
    assert converted == [((160, 160), False), ((320, 320), False)]


@pytest.mark.slow
def test_the_arena_is_that_of_the_int8_file_and_falls_with_pruning(small_map):
    pytest.importorskip("tflite_micro")
    budget = parse_budget("arena=40KB@64")
    measures = Measures(small_map, [budget])
    dense = convert_quickly(small_map.model, (64, 64), xnnpack_passes=False)
    assert measures.dense(budget) == smallest_arena(dense)
    assert measures.value(budget, half(small_map)) < measures.dense(budget)


@pytest.mark.slow
def test_the_latency_of_the_dense_network_is_about_its_own(small_map):
    budget = parse_budget("latency=0.8x@64")
    measures = Measures(small_map, [budget])
    assert measures.dense(budget) == 1.0
    assert 0.5 < measures.value(budget, {}) < 2.0
