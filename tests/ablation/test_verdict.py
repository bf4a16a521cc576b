import math

import pytest

from ffkeras.ablation.rows import Row
from ffkeras.ablation.verdict import CONFIRMED, NOT_RUN, ONE_SEED, REFUTED, WITHIN_NOISE, Noise, judge

QUIET = Noise(0.001, 30)  # the difference of two means of two seeds: +- .002
LOUD = Noise(0.05, 30)


def row(**values):
    return Row("a", "", network="v1", **values)


CLAIM = {"claim": "it helps", "expects": "lower"}


@pytest.mark.parametrize(
    ("values", "ours", "noise", "text"),
    [
        (CLAIM, 0.28, QUIET, CONFIRMED),
        (CLAIM, 0.32, QUIET, REFUTED),
        (CLAIM, 0.28, LOUD, WITHIN_NOISE),
        (CLAIM, 0.301, QUIET, WITHIN_NOISE),
        ({**CLAIM, "expects": "higher"}, 0.32, QUIET, CONFIRMED),
        ({**CLAIM, "by": 0.035}, 0.28, QUIET, REFUTED),  # it helps, but by far less than claimed
        ({**CLAIM, "by": 0.035}, 0.26, QUIET, CONFIRMED),
        ({**CLAIM, "by": 0.035}, 0.26, LOUD, WITHIN_NOISE),
        ({**CLAIM, "by": 0.15, "relative": True}, 0.25, QUIET, CONFIRMED),  # .045 of .3
        ({**CLAIM, "by": 0.15, "relative": True}, 0.26, QUIET, REFUTED),
        ({}, 0.32, QUIET, "higher"),
        ({}, 0.28, QUIET, "lower"),
        ({}, 0.32, LOUD, WITHIN_NOISE),
    ],
)
def test_verdicts(values, ours, noise, text):
    verdict = judge(row(**values), [ours, ours], [0.3, 0.3], noise)
    assert verdict.text == text
    assert verdict.difference == pytest.approx(ours - 0.3)
    assert verdict.noise == pytest.approx(noise.of_difference(2, 2))


def test_no_verdict_without_runs_or_spread():
    assert judge(row(**CLAIM), [], [0.3], QUIET).text == NOT_RUN
    assert judge(row(**CLAIM), [0.3, math.nan], [], QUIET).text == NOT_RUN
    verdict = judge(row(**CLAIM), [0.2], [0.3], Noise.of([[0.2], [0.3]]))
    assert verdict.text == ONE_SEED
    assert verdict.difference == pytest.approx(-0.1)


def test_noise_is_pooled_over_rows():
    noise = Noise.of([[0.1, 0.2], [0.5, 0.5], [0.9], [math.nan, 0.3]])
    assert noise.freedom == 2
    assert noise.deviation == pytest.approx(math.sqrt(0.005 / 2))
    assert noise.of_difference(2, 2) == pytest.approx(4.3027 * noise.deviation, rel=1e-4)  # Student's t, 2 degrees
    assert noise.of_mean(4) == pytest.approx(4.3027 * noise.deviation / 2, rel=1e-4)
