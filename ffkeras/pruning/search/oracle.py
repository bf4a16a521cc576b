"""Which rates are tried next, and what happens to a trial whose worker is gone."""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence

from ffkeras.pruning.search.keras_tuner import (
    HyperParameters,
    Objective,
    Oracle,
    Trial,
    TrialStatus,
    synchronized,
)
from ffkeras.pruning.search.start_points import RATE_DIGITS

SCORE = "score"  # what is minimised
FINGERPRINT = "search"  # a fixed value in every trial, by which a worker sees that it searches for the same
LOST_AFTER = 180.0  # seconds without a sign of life, after which a worker's trial goes to another one


class RateOracle(Oracle):
    """Gives out rates: first the starting points in their order, then those that a Gaussian process finds promising.

    A worker that asks again, because it was started anew under its name, is given the trial it lost. The trial of a
    worker that is not heard from goes to the next worker that asks. The last workers wait until no trial is out.

    Args:
        groups: names of the rates.
        highest_rate: of any group.
        starts: the first trials' rates.
        trials: how many there are.
        seed: of everything random.
        fingerprint: see `FINGERPRINT`.
        on_change: called with all trials after one has ended.
        clock: gives seconds.
    """

    def __init__(
        self,
        groups: Sequence[str],
        highest_rate: float,
        starts: Sequence[Mapping[str, float]],
        trials: int,
        seed: int,
        fingerprint: str,
        on_change: Callable[[list[Trial]], None] = lambda trials: None,
        clock: Callable[[], float] = time.monotonic,
    ):
        space = HyperParameters()
        space.Fixed(FINGERPRINT, fingerprint)
        for group in groups:
            space.Float(group, 0.0, highest_rate)
        super().__init__(
            objective=Objective(SCORE, "min"),
            max_trials=trials,
            num_initial_points=1,  # beyond the starting points, one finished trial is enough to go on from
            seed=seed + 1,  # Keras Tuner takes 0 for "any"
            hyperparameters=space,
        )
        self.verbose = 0
        self._starts = [dict(rates) for rates in starts]
        self._on_change, self._clock = on_change, clock
        self._heard: dict[str, float] = {}  # trial -> when its worker was last heard from

    def populate_space(self, trial_id: str) -> dict:
        """Values of a new trial; see `Oracle.populate_space`."""
        number = int(trial_id)
        if number < len(self._starts):
            values = {hp.name: self._starts[number].get(hp.name, hp.default) for hp in self.hyperparameters.space}
            return {"status": TrialStatus.RUNNING, "values": values}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the Gaussian process tells of every length scale at its bounds
            return super().populate_space(trial_id)

    @synchronized
    def create_trial(self, tuner_id: str) -> Trial:
        """The next trial for a worker; see `Oracle.create_trial`. One without values means wait, or the end."""
        self.release_lost()
        everything_given = len(self.trials) >= self.max_trials and not self.given_again
        if everything_given and self.ongoing_trials and tuner_id not in self.ongoing_trials:
            self.tuner_ids.add(tuner_id)
            return Trial(self.get_space(), trial_id="", status=TrialStatus.IDLE)
        trial = super().create_trial(tuner_id)
        self._heard[trial.trial_id] = self._clock()
        return trial

    def get_trial(self, trial_id: str) -> Trial:
        """A trial by its number. Workers ask for theirs while they train, which is their sign of life."""
        self._heard[trial_id] = self._clock()
        return super().get_trial(trial_id)

    @synchronized
    def release_lost(self) -> list[str]:
        """Take the trials away from workers that have not been heard from; the names of these workers."""
        latest = self._clock() - LOST_AFTER
        lost = [name for name, trial in self.ongoing_trials.items() if self._heard.get(trial.trial_id, latest) < latest]
        for name in lost:
            self.given_again.append(self.ongoing_trials.pop(name).trial_id)
            self.tuner_ids.discard(name)
        if lost:
            self.save()
        return lost

    @synchronized
    def finished(self) -> bool:
        """Whether every trial has been given out and has come back."""
        return len(self.trials) >= self.max_trials and not self.given_again and not self.ongoing_trials

    @synchronized
    def update_trial(self, trial_id: str, metrics: Mapping[str, float], step: int = 0) -> Trial:
        """Take a trial's result; a second one, of a worker that was taken for lost, is left out."""
        if trial_id in self.end_order:
            return self.trials[trial_id]
        return super().update_trial(trial_id, metrics, step)

    @synchronized
    def end_trial(self, trial: Trial) -> None:
        """Note that a trial has ended; see `Oracle.end_trial`."""
        if trial.trial_id in self.end_order:
            return
        if trial.trial_id in self.given_again:  # it was taken away from a worker that lives after all
            self.given_again.remove(trial.trial_id)
        super().end_trial(trial)
        self._on_change(list(self.trials.values()))


def rates_of(trial: Trial) -> dict[str, float]:
    """The rates of a trial by group."""
    values = trial.hyperparameters.values
    return {name: round(value, RATE_DIGITS) for name, value in values.items() if name != FINGERPRINT}
