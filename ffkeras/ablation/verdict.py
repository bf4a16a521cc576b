"""Whether a claim holds, by the spread over seeds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ffkeras.ablation.rows import LOWER, Row

CONFIDENCE = 0.95
CONFIRMED, REFUTED, WITHIN_NOISE, NOT_RUN = "confirmed", "refuted", "within noise", "not run yet"
ONE_SEED = "no spread known: one seed"


@dataclass(frozen=True)
class Noise:
    """How far results of the same training scatter, over all rows that have more than one seed.

    Args:
        deviation: standard deviation of one result, pooled over the rows; nan where no row has two seeds.
        freedom: degrees of freedom: results less rows.
    """

    deviation: float
    freedom: int

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]]) -> "Noise":
        """From the results of each row, one for a seed; those that are nan are left out."""
        squares, freedom = 0.0, 0
        for values in rows:
            numbers = [value for value in values if not math.isnan(value)]
            if len(numbers) > 1:
                mean = sum(numbers) / len(numbers)
                squares += sum((value - mean) ** 2 for value in numbers)
                freedom += len(numbers) - 1
        return cls(math.sqrt(squares / freedom) if freedom else math.nan, freedom)

    def of_mean(self, count: int) -> float:
        """Half the width of the 95 % interval of a mean of so many seeds; nan where the deviation is not known."""
        return self._quantile() * self.deviation / math.sqrt(count) if self.freedom and count else math.nan

    def of_difference(self, count: int, other: int) -> float:
        """The same of the difference between the means of so many seeds and of so many others."""
        if not (self.freedom and count and other):
            return math.nan
        return self._quantile() * self.deviation * math.sqrt(1 / count + 1 / other)

    def _quantile(self) -> float:
        from scipy.stats import t

        return float(t.ppf(0.5 + CONFIDENCE / 2, self.freedom))


@dataclass(frozen=True)
class Verdict:
    """What the figures say of one row.

    Args:
        text: `confirmed`, `refuted`, `within noise`, `not run yet`; `higher` or `lower` where nothing is claimed.
        difference: of the row's mean from that of the row it is compared with; nan where either is missing.
        noise: half the width of the 95 % interval of the difference; nan where it is not known.
    """

    text: str
    difference: float = math.nan
    noise: float = math.nan


def judge(row: Row, values: Sequence[float], against: Sequence[float], noise: Noise) -> Verdict:
    """Hold a row against its claim.

    A claim is confirmed where the whole interval of the difference lies on the claimed side and reaches the claimed
    size, refuted where the whole interval falls short of that size, or lies on the other side where no size is claimed.

    Args:
        row: what is claimed.
        values: the row's results in its measure, one for a seed.
        against: those of the row that it is compared with.
        noise: of all rows.
    """
    ours, theirs = ([value for value in each if not math.isnan(value)] for each in (values, against))
    if not ours or not theirs:
        return Verdict(NOT_RUN)
    reference = sum(theirs) / len(theirs)
    difference = sum(ours) / len(ours) - reference
    half = noise.of_difference(len(ours), len(theirs))
    if math.isnan(half):
        return Verdict(ONE_SEED, difference)
    if not row.expects:
        text = WITHIN_NOISE if abs(difference) <= half else ("higher" if difference > 0 else "lower")
        return Verdict(text, difference, half)
    size = row.by * reference if row.relative else row.by
    gain = -difference if row.expects == LOWER else difference  # above zero on the claimed side
    if gain + half < size:
        return Verdict(REFUTED, difference, half)
    return Verdict(CONFIRMED if gain - half > 0 else WITHIN_NOISE, difference, half)
