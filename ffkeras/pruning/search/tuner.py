"""Keras Tuner's loop over trials: what one trial does, alone or as one of several workers."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ffkeras.errors import UserError
from ffkeras.pruning.search.keras_tuner import FatalError, Trial, Tuner, grpc
from ffkeras.pruning.search.oracle import FINGERPRINT, RateOracle, rates_of

PROJECT = "trials"
SECONDS_BETWEEN_SIGNS = 15.0
SECONDS_BETWEEN_QUESTIONS = 1.0  # of a worker that waits for the others' last trials

Evaluate = Callable[[Mapping[str, float]], dict[str, float]]


class TrialError(FatalError):
    """Ends the search: Keras Tuner would count other exceptions as failed trials and go on."""


class RateTuner(Tuner):
    """Runs trials until the oracle has no more.

    Args:
        oracle: gives rates and takes scores; a worker's is replaced by a line to the chief's.
        folder: of the search; the trials are kept in its `PROJECT` by Keras Tuner.
        fingerprint: of this process's search.
        check: called before every question for a trial; may raise to stop.
        on_begin: called with a trial before it is run.

    Attributes:
        evaluate: gives the metrics of rates, the score among them; set before `search`, for a chief needs none.
    """

    def __init__(
        self,
        oracle: RateOracle,
        folder: Path,
        fingerprint: str,
        check: Callable[[], None] = lambda: None,
        on_begin: Callable[[Trial], None] = lambda trial: None,
    ):
        super().__init__(oracle, directory=str(folder), project_name=PROJECT)
        self._fingerprint, self._check, self._on_begin = fingerprint, check, on_begin
        self.evaluate: Evaluate | None = None
        self._waiting = False

    def pre_create_trial(self) -> None:
        """Called before every question for a trial; where the last one had no trial for an answer, not at once."""
        self._check()
        if self._waiting:
            time.sleep(SECONDS_BETWEEN_QUESTIONS)
        self._waiting = True

    def on_trial_begin(self, trial: Trial) -> None:
        """Called with every trial that has values."""
        self._waiting = False
        self._on_begin(trial)

    def run_trial(self, trial: Trial) -> dict[str, float]:
        """The metrics of a trial.

        Raises:
            TrialError: the trial cannot be run; its cause says why.
        """
        try:
            if trial.hyperparameters.values[FINGERPRINT] != self._fingerprint:
                raise UserError(
                    "the chief searches for something else: other weights, budgets or options; start the worker with "
                    "the chief's command."
                )
            with self._signs_of_life(trial.trial_id):
                return self.evaluate(rates_of(trial))
        except Exception as error:
            raise TrialError(str(error)) from error

    @contextlib.contextmanager
    def _signs_of_life(self, trial_id: str) -> Iterator[None]:
        """Ask the chief for the trial every now and then, which tells it that this worker lives."""
        done = threading.Event()

        def ask():
            while not done.wait(SECONDS_BETWEEN_SIGNS):
                with contextlib.suppress(grpc.RpcError):  # the next question tells whether the chief is gone
                    self.oracle.get_trial(trial_id)

        thread = threading.Thread(target=ask, daemon=True)
        if self.is_worker:
            thread.start()
        try:
            yield
        finally:
            done.set()


def is_chief() -> bool:
    """Whether this process gives out the trials of a distributed search, by Keras Tuner's environment variables."""
    return is_distributed() and "chief" in os.environ["KERASTUNER_TUNER_ID"]


def is_worker() -> bool:
    """Whether this process runs trials that another gives out."""
    return is_distributed() and not is_chief()


def is_distributed() -> bool:
    """Whether the search is one of chief and workers. Raises UserError where a variable is missing."""
    if "KERASTUNER_ORACLE_IP" not in os.environ:
        return False
    missing = [name for name in ("KERASTUNER_ORACLE_PORT", "KERASTUNER_TUNER_ID") if name not in os.environ]
    if missing:
        raise UserError(f"KERASTUNER_ORACLE_IP is set, but not {' and '.join(missing)}; set all three, or none.")
    return True
