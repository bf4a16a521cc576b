import numpy as np
import pytest

from ffkeras.runtime.output import Output

EVERY_VALUE = np.stack([np.arange(-128, 128)[::-1], np.arange(-128, 128)], axis=1).astype(np.int8)  # [256, 2]


@pytest.mark.parametrize(("scale", "zero_point"), [(1 / 256, -128), (0.0123, 17)])
def test_int8_values_reach_a_threshold_where_their_worth_does(scale, zero_point):
    output = Output(EVERY_VALUE, scale, zero_point)
    worth = (EVERY_VALUE[:, -1].astype(np.float32) - np.float32(zero_point)) * np.float32(scale)
    for threshold in (-10.0, 0.0, 0.02, 0.5, *worth[[3, 100, 255]].tolist(), float(worth[-1]) + 1e-3, 10.0):
        expected = np.flatnonzero(worth >= np.float32(threshold))
        assert np.array_equal(output.reaching(threshold, -1), expected)
    assert np.array_equal(output.to_float(columns=-1), worth)
    assert np.array_equal(output.to_float([7, 9]), output.to_float()[[7, 9]])


def test_float_values_are_worth_what_they_are():
    values = np.array([[0.1, 0.5], [0.7, 0.49]], np.float32)
    output = Output(values)
    assert np.array_equal(output.to_float(), values)
    assert output.reaching(0.5, -1).tolist() == [0]
