import importlib.util

import pytest
from golden_answers import ROOT, smallest_model

from ffkeras.errors import UserError
from ffkeras.firmware.c_network.estimate import estimate_instructions
from ffkeras.firmware.c_network.network import lower_network
from ffkeras.firmware.instructions import KINDS, instruction_lines, layer_kind, read_instructions
from ffkeras.tflite_file.graph import TfliteGraph

_spec = importlib.util.spec_from_file_location("measure_firmware", ROOT / "tools" / "measure_firmware.py")
measure_firmware = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(measure_firmware)

MOST = {"an385": 80, "an386": 45, "an500": 45, "an505": 45, "an547": 23}  # millions, for the smallest file
MOST_IN_PLAIN_C = 80
WAYS = {"an385": "plain C", "an386": "DSP", "an500": "DSP", "an505": "DSP", "an547": "Helium"}


@pytest.fixture(scope="module")
def network():
    return lower_network(TfliteGraph(smallest_model().read_bytes()), smallest_model().name)


def test_a_loop_of_known_length_says_what_a_tick_is():
    count = read_instructions({"loop": [2000, 50], "layers": [[1, 3], [2, 10]]})
    assert count.layers == {1: 120, 2: 400}
    assert count.total == 520


def test_a_clock_that_stands_still_is_told():
    with pytest.raises(UserError, match="timer does not count"):
        read_instructions({"loop": [2000, 0], "layers": [[1, 0]]})


def test_every_layer_has_a_kind_and_the_table_all_of_them(network):
    kinds = {layer_kind(numbered) for numbered in network.layers}
    assert kinds == set(KINDS)
    count = read_instructions({"loop": [1, 1], "layers": [[n.number, 1e6] for n in network.layers]})
    row = instruction_lines([("file", "board", count.by_kind(network))])[-1]
    numbers = [float(cell) for cell in row.strip("| ").split(" | ")[2:]]
    assert sum(numbers[:-1]) == numbers[-1] == len(network.layers)


def rows_of(capsys, *arguments):
    """Board -> (instructions of each kind, all), in millions."""
    assert measure_firmware.main([str(smallest_model()), "--instructions", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Millions of instructions; arm-none-eabi-gcc")
    rows = [line.strip("| ").split(" | ") for line in lines if smallest_model().stem in line]
    return {row[1].split(",")[0]: [float(cell) for cell in row[2:]] for row in rows}


@pytest.mark.device
def test_the_counts_are_within_the_aims_and_the_estimate_within_a_tenth(capsys, network):
    rows = rows_of(capsys)
    assert list(rows) == list(MOST)
    estimates = estimate_instructions(network)
    for board, (*kinds, total) in rows.items():
        assert sum(kinds) == pytest.approx(total, abs=0.1)
        assert 0 < total <= MOST[board]
        assert estimates[WAYS[board]] / 1e6 == pytest.approx(total, rel=0.1)


@pytest.mark.device
def test_plain_c_is_within_its_aim_on_every_board(capsys):
    rows = rows_of(capsys, "--plain")
    assert list(rows) == list(MOST)
    assert max(total for *_, total in rows.values()) <= MOST_IN_PLAIN_C
