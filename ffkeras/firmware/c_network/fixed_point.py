"""Fixed-point arithmetic with the roundings of TensorFlow Lite's reference kernels, on whole numbers of Python.

Raw numbers stand for themselves times a power of two, as in gemmlowp's fixed-point library; C does the same sums in
`c99/int8_rescale.h`.
"""

import math
from dataclasses import dataclass

SMALLEST_SHIFT = -31  # a factor below 2^-31 takes every number to zero
ONE_31 = 2**31 - 1  # 1 in 1/2^31, as near as 32 bits come

# exp(2^exponent) for negative numbers: exponent -> exp(-2^exponent) in 1/2^31
_EXPONENTIALS = {
    -2: 1672461947,
    -1: 1302514674,
    0: 790015084,
    1: 290630308,
    2: 39332535,
    3: 720401,
    4: 242,
}
_EXP_OF_MINUS_EIGHTH = 1895147668  # in 1/2^31
_THIRD = 715827883  # in 1/2^31


@dataclass(frozen=True)
class Factor:
    """A positive number as multiplier / 2^31 * 2^shift, multiplier in 2^30 .. 2^31 - 1; zero is 0, 0."""

    multiplier: int
    shift: int


def to_factor(value: float) -> Factor:
    """The factor nearest to a number that is not negative."""
    if value == 0:
        return Factor(0, 0)
    mantissa, shift = math.frexp(value)
    multiplier = math.floor(mantissa * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, shift = multiplier // 2, shift + 1
    return Factor(0, 0) if shift < SMALLEST_SHIFT else Factor(multiplier, shift)


def multiply_high(a: int, b: int) -> int:
    """a * b / 2^31, rounded to the nearest, halves up."""
    return (a * b + 2**30) >> 31


def divide_by_power(value: int, exponent: int) -> int:
    """value / 2^exponent, rounded to the nearest, halves away from zero."""
    magnitude = (abs(value) + (1 << exponent >> 1)) >> exponent
    return magnitude if value >= 0 else -magnitude


def rescale(value: int, factor: Factor) -> int:
    """value * factor, rounded in two steps."""
    left, right = max(factor.shift, 0), max(-factor.shift, 0)
    return divide_by_power(multiply_high(value << left, factor.multiplier), right)


def round_half_away(value: float) -> int:
    """The nearest whole number, halves away from zero, as C's round() gives it."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def input_radius(integer_bits: int, shift: int, total_bits: int = 31) -> int:
    """The largest whole number that `shift` bits to the left keep within `integer_bits` (CalculateInputRadius)."""
    return math.floor((2**integer_bits - 1) * 2.0 ** (total_bits - integer_bits) / 2.0**shift)


def exp_of_negative(raw: int, integer_bits: int) -> int:
    """e^x for x <= 0.

    Args:
        raw: x in 1 / 2^(31 - integer_bits).
        integer_bits: at most 5.

    Returns:
        In 1/2^31.
    """
    if raw == 0:
        return ONE_31
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    within_quarter = (raw & (quarter - 1)) - quarter  # -1/4 <= . < 0
    result = _exp_between_minus_quarter_and_zero(within_quarter << integer_bits)
    remainder = within_quarter - raw  # a multiple of 1/4: the product of e^-(power of two) over its bits
    for exponent, multiplier in _EXPONENTIALS.items():
        if exponent < integer_bits and remainder & (1 << (fraction_bits + exponent)):
            result = multiply_high(result, multiplier)
    return result


def _exp_between_minus_quarter_and_zero(raw: int) -> int:
    """e^x from its series around -1/8; both in 1/2^31."""
    x = raw + (1 << 28)
    x2 = multiply_high(x, x)
    x3, x4 = multiply_high(x2, x), multiply_high(x2, x2)
    last = divide_by_power(multiply_high(divide_by_power(x4, 2) + x3, _THIRD) + x2, 1)  # x2/2 + x3/6 + x4/24
    return _EXP_OF_MINUS_EIGHTH + multiply_high(_EXP_OF_MINUS_EIGHTH, x + last)


def one_over_one_plus(raw: int) -> int:
    """1 / (1 + x) for x in 0..1, both in 1/2^31, by Newton's method on half of the denominator."""
    half_denominator = (raw + ONE_31 + 1) // 2
    estimate = 1515870810 + multiply_high(half_denominator, -1010580540)  # 48/17 - 32/17 d, in 1/2^29
    for _ in range(3):
        error = 2**29 - multiply_high(half_denominator, estimate)
        estimate += multiply_high(estimate, error) << 2
    return min(estimate << 1, ONE_31)


def logistic(raw: int, integer_bits: int) -> int:
    """1 / (1 + e^-x).

    Args:
        raw: x in 1 / 2^(31 - integer_bits).
        integer_bits: at most 5.

    Returns:
        In 1/2^31.
    """
    if raw == 0:
        return 1 << 30
    positive = one_over_one_plus(exp_of_negative(-abs(raw), integer_bits))
    return positive if raw > 0 else ONE_31 - positive
