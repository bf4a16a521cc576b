"""Functions of one int8 value as tables of their 256 results, and the exponentials of a softmax."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from ffkeras.firmware.c_network.fixed_point import (
    Factor,
    divide_by_power,
    exp_of_negative,
    input_radius,
    logistic,
    rescale,
    round_half_away,
    to_factor,
)

LOWEST, HIGHEST = -128, 127
LOGISTIC_INTEGER_BITS = 4  # of the logistic function's argument
SOFTMAX_INTEGER_BITS = 5  # of differences to the maximum


def table(function: Callable[[int], int]) -> np.ndarray:
    """int8 [256]: the results of a function for -128..127, kept within int8."""
    return np.array([min(max(function(value), LOWEST), HIGHEST) for value in range(LOWEST, HIGHEST + 1)], np.int8)


def requantize_table(factor: Factor, input_zero: int, output_zero: int, low: int = LOWEST, high: int = HIGHEST):
    """The table of a change of scale, kept within low..high: QUANTIZE, RELU."""
    return table(lambda value: min(max(rescale(value - input_zero, factor) + output_zero, low), high))


def product_table(factor: Factor, input_zero: int, by: int, output: Mapping[str, int]) -> np.ndarray:
    """The table of MUL by one number.

    Args:
        factor: from products to the output.
        input_zero: zero point of the input.
        by: the number in units of its scale.
        output: the C struct Int8Range.
    """

    def product(value: int) -> int:
        value = rescale((value - input_zero) * by, factor) + output["zero_point"]
        return min(max(value, output["low"]), output["high"])

    return table(product)


def leaky_table(identity: Factor, slope: Factor, input_zero: int, output_zero: int) -> np.ndarray:
    """The table of LEAKY_RELU: one factor for numbers of zero and more, one for those below."""

    def leaky(value: int) -> int:
        value -= input_zero
        return rescale(value, identity if value >= 0 else slope) + output_zero

    return table(leaky)


def logistic_table(scale: float, input_zero: int) -> np.ndarray:
    """The table of LOGISTIC, whose output is worth (value + 128) / 256."""
    mantissa, shift = math.frexp(float(scale) * 2 ** (31 - LOGISTIC_INTEGER_BITS))
    factor = Factor(round_half_away(mantissa * 2**31), shift)
    radius = input_radius(LOGISTIC_INTEGER_BITS, shift)

    def probability(value: int) -> int:
        value -= input_zero
        if abs(value) >= radius:
            return HIGHEST if value > 0 else LOWEST
        return divide_by_power(logistic(rescale(value, factor), LOGISTIC_INTEGER_BITS), 31 - 8) + LOWEST

    return table(probability)


def softmax_exponentials(scale: float, beta: float) -> np.ndarray:
    """int32 [N], in 1/2^31: e^(-beta * scale * difference) for differences 0, 1, .. to a row's maximum.

    Greater differences, for which the table has no entry, give the probability 0.
    """
    real = min(float(beta) * float(scale) * 2 ** (31 - SOFTMAX_INTEGER_BITS), 2.0**31 - 1)
    factor = to_factor(real)
    last = min(input_radius(SOFTMAX_INTEGER_BITS, factor.shift), HIGHEST - LOWEST)
    return np.array(
        [exp_of_negative(rescale(-difference, factor), SOFTMAX_INTEGER_BITS) for difference in range(last + 1)],
        np.int32,
    )
