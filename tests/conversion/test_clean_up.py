import pytest

from ffkeras.conversion.clean_up import CleanUpStep, make_clean_up_table, measure_clean_up
from ffkeras.conversion.xnnpack_passes import RULES
from ffkeras.models.describe import describe
from ffkeras.models.simplify import STEPS, simplify
from ffkeras.tflite_file.macs import count_macs


def test_the_macs_of_a_file_are_those_of_its_network(v2_ultra, v2_ultra_int8_plain):
    assert count_macs(v2_ultra_int8_plain) == describe(simplify(v2_ultra), (64, 96)).macs


def test_the_table_names_every_step_and_its_change():
    table = make_clean_up_table(
        [CleanUpStep("first", 10, 2_000_000), CleanUpStep("second", 9, 1_500_000, (0, 1), " LSB")]
    )
    assert [list(column.cells) for column in table.columns] == [
        ["first", "second"],
        ["10", "9"],
        ["2.00", "1.50"],
        ["", "0 LSB"],
        ["", "1 LSB"],
    ]


@pytest.mark.slow
def test_every_step_changes_nothing_but_the_pools(v2_ultra, photos):
    steps = {step.name: step for step in measure_clean_up(v2_ultra, (64, 96), photos)}
    assert {*STEPS, *RULES} <= steps.keys()
    for name, step in steps.items():
        if step.unit == "" and step.differences:
            assert max(step.differences) < 1e-5
        elif step.differences and "pools" not in name:
            assert step.differences == (0, 0)
    before, after = steps["BatchNorm and constants folded"], steps["int8, all of this"]
    assert after.operations < before.operations
    assert after.macs < before.macs
