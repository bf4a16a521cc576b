import numpy as np
import pytest

from ffkeras.compare.outputs import compare_outputs, output_steps


def test_int8_difference_counts_in_steps():
    reference, other = np.zeros((2, 4, 5), np.int8), np.zeros((2, 4, 5), np.int8)
    other[1, 0, 0], other[1, 0, 1] = -3, 1
    (found,) = compare_outputs({"landmarks": reference}, {"landmarks": other}, {"landmarks": 1.0})
    assert (found.largest, found.share, found.in_steps) == (3, 0.05, True)
    assert found.text == "3 LSB (5 %)"


def test_int8_extremes_do_not_overflow():
    reference, other = np.full((1, 2), -128, np.int8), np.full((1, 2), 127, np.int8)
    (found,) = compare_outputs({"a": reference}, {"a": other}, {"a": 1.0})
    assert found.largest == 255


def test_float_output_of_an_int8_graph_counts_in_steps_too():
    reference, other = np.zeros((1, 4), np.float32), np.array([[0, 0.25, 0, 0]], np.float32)
    (found,) = compare_outputs({"a": reference}, {"a": other}, {"a": 0.125})
    assert (found.largest, found.in_steps) == (2, True)


def test_float_difference_is_absolute_and_nan_is_infinitely_far():
    reference = np.zeros((1, 2), np.float32)
    (found,) = compare_outputs({"a": reference}, {"a": reference + np.float32(2e-6)}, {"a": None})
    assert found.largest == pytest.approx(2e-6)
    assert found.text == "2.0e-06"
    (found,) = compare_outputs({"a": reference}, {"a": np.full((1, 2), np.nan, np.float32)}, {"a": None})
    assert found.largest == np.inf


def test_steps_are_read_from_the_file(lamp_int8, lamp_float):
    assert output_steps(lamp_int8.read_bytes()) == [1.0] * 3
    assert output_steps(lamp_float.read_bytes()) == [None] * 3
