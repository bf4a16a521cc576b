import pytest

from ffkeras.backend import keras
from ffkeras.training.schedule import COSINE, WSD, Schedule


def schedule(kind, total, decay_share=0.25, frozen_norm_share=0.2):
    return Schedule(kind, 2e-3, total, 50, decay_share, frozen_norm_share)


def test_cosine_is_that_of_keras():
    ours = schedule(COSINE, 1000)
    theirs = keras.optimizers.schedules.CosineDecay(2e-3 / 50, 950, warmup_target=2e-3, warmup_steps=50)
    for step in range(0, 1000, 7):
        assert ours.rate_at(step) == pytest.approx(float(theirs(step)), rel=1e-3, abs=1e-9)


def test_wsd_rises_stays_and_falls_to_zero():
    rates = [schedule(WSD, 1000).rate_at(step) for step in range(1001)]
    assert rates[:50] == sorted(rates[:50])
    assert set(rates[50:751]) == {2e-3}
    assert rates[750:] == sorted(rates[750:], reverse=True)
    assert rates[1000] == 0
    assert rates[812] == pytest.approx(2e-3 * (1 - (62 / 250) ** 0.5))


def test_a_longer_run_does_the_same_up_to_the_decay():
    short, long = schedule(WSD, 1000), schedule(WSD, 3000)
    assert short.stable_steps == 750
    for step in range(short.stable_steps):
        assert (short.rate_at(step), short.is_frozen_at(step)) == (long.rate_at(step), long.is_frozen_at(step))


def test_frozen_statistics_end_what_can_be_made_longer():
    assert schedule(WSD, 1000, 0.1, 0.4).stable_steps == 600
    assert schedule(WSD, 1000, 0, 0).stable_steps == 1000
    assert schedule(COSINE, 1000).stable_steps == 0


def test_without_a_decay_the_rate_stays():
    assert schedule(WSD, 1000, 0, 0).rate_at(999) == 2e-3


def test_a_warm_up_before_a_cosine_is_a_tenth_at_most():
    assert schedule(COSINE, 100).rate_at(10) == 2e-3
    assert schedule(COSINE, 100).rate_at(9) < 2e-3
