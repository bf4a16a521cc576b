import json

import pytest

from ffkeras.pruning.search.keras_tuner import Trial, TrialStatus
from ffkeras.pruning.search.oracle import FINGERPRINT, LOST_AFTER, SCORE, RateOracle, rates_of

GROUPS = ("a", "b")
STARTS = ({"a": 0.3, "b": 0.3}, {"a": 0.1, "b": 0.5})


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make_oracle(tmp_path, clock):
    def make(trials=3, on_change=lambda trials: None):
        oracle = RateOracle(GROUPS, 0.8, STARTS, trials, 0, "print", on_change, clock)
        oracle._set_project_dir(str(tmp_path), "trials")
        return oracle

    return make


def end(oracle, trial, score=1.0):
    """Report as a worker does, whose trial is a copy."""
    oracle.update_trial(trial.trial_id, {SCORE: score})
    copy = Trial(trial.hyperparameters, trial.trial_id, TrialStatus.COMPLETED)
    oracle.end_trial(copy)


def test_the_first_trials_are_the_starting_points_and_the_others_stay_in_range(make_oracle):
    oracle = make_oracle(trials=5)
    for number in range(5):
        trial = oracle.create_trial("one")
        rates = rates_of(trial)
        if number < len(STARTS):
            assert rates == STARTS[number]
        assert rates.keys() == set(GROUPS)
        assert all(0 <= rate <= 0.8 for rate in rates.values())
        assert trial.hyperparameters.values[FINGERPRINT] == "print"
        end(oracle, trial, score=sum(rates.values()))
    assert oracle.finished()
    assert oracle.create_trial("one").status == TrialStatus.STOPPED


def test_a_worker_started_anew_under_its_name_gets_the_trial_it_lost(make_oracle):
    oracle = make_oracle()
    lost = oracle.create_trial("one")
    oracle.create_trial("two")
    assert oracle.create_trial("one").trial_id == lost.trial_id


def test_the_trial_of_a_silent_worker_goes_to_another_and_only_that_one(make_oracle, clock):
    oracle = make_oracle()
    silent, alive = oracle.create_trial("silent"), oracle.create_trial("alive")
    clock.now = LOST_AFTER - 1
    oracle.get_trial(alive.trial_id)  # a sign of life
    clock.now = LOST_AFTER + 1
    assert oracle.release_lost() == ["silent"]
    assert set(oracle.ongoing_trials) == {"alive"}
    assert "silent" not in oracle.tuner_ids  # the chief need not wait for it
    end(oracle, alive)
    again = oracle.create_trial("alive")
    assert again.trial_id == silent.trial_id
    assert rates_of(again) == rates_of(silent)


def test_the_last_worker_waits_for_what_others_might_lose(make_oracle, clock):
    oracle = make_oracle(trials=2)
    dying, working = oracle.create_trial("dying"), oracle.create_trial("working")
    end(oracle, working)
    assert oracle.create_trial("working").status == TrialStatus.IDLE
    assert not oracle.finished()
    clock.now = LOST_AFTER + 1
    again = oracle.create_trial("working")
    assert again.trial_id == dying.trial_id
    end(oracle, again)
    assert oracle.finished()
    assert oracle.create_trial("working").status == TrialStatus.STOPPED
    assert not oracle.tuner_ids


def test_a_worker_that_was_taken_for_lost_may_still_report_once(make_oracle, clock):
    seen = []
    oracle = make_oracle(on_change=seen.append)
    slow = oracle.create_trial("slow")
    clock.now = LOST_AFTER + 1
    oracle.release_lost()
    end(oracle, slow, score=2.0)
    assert oracle.create_trial("other").trial_id != slow.trial_id  # it is not tried again
    end(oracle, slow, score=7.0)
    assert oracle.trials[slow.trial_id].score == 2.0
    assert len(seen) == 1


def test_after_a_kill_the_trials_that_were_out_are_tried_again_and_no_others(make_oracle):
    oracle = make_oracle(trials=4)
    done = oracle.create_trial("one")
    end(oracle, done, score=3.0)
    running = oracle.create_trial("one")
    resumed = make_oracle(trials=4)
    resumed.reload()
    assert resumed.trials[done.trial_id].score == 3.0
    assert resumed.create_trial("elsewhere").trial_id == running.trial_id
    assert resumed.create_trial("new").trial_id not in (done.trial_id, running.trial_id)


def test_a_trial_whose_birth_or_end_was_cut_short_by_a_kill_is_not_lost(make_oracle, tmp_path):
    oracle = make_oracle(trials=4)
    ended = oracle.create_trial("one")
    before_end = (tmp_path / "trials" / "oracle.json").read_text()
    end(oracle, ended)
    born = oracle.create_trial("one")
    (tmp_path / "trials" / "oracle.json").write_text(before_end)  # the trials' own files are newer than the state
    resumed = make_oracle(trials=4)
    resumed.reload()
    assert resumed.create_trial("one").trial_id == born.trial_id
    assert json.loads(before_end)["ongoing_trials"] == {"one": ended.trial_id}
    assert resumed.create_trial("two").trial_id not in (ended.trial_id, born.trial_id)


def test_a_trial_in_the_oracles_own_process_ends(make_oracle):
    oracle = make_oracle(trials=1)
    trial = oracle.create_trial("one")
    oracle.update_trial(trial.trial_id, {SCORE: 1.0})
    trial.status = TrialStatus.COMPLETED  # no copy: Keras Tuner sets it before it tells the oracle
    oracle.end_trial(trial)
    assert oracle.finished()
