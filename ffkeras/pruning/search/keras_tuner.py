"""Keras Tuner, imported quietly: it brings Keras 3 along, which is not the Keras of this package.

What of it is private is touched here alone: names that begin with an underscore, and modules below `keras_tuner.src`.
"""

import os
from concurrent import futures

from ffkeras.backend import tf  # noqa: F401  (TensorFlow has to come first, as this package does it)
from ffkeras.files import write_json
from ffkeras.quiet import quiet_stderr

os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # between chief and workers, every fork would be told of
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

with quiet_stderr():
    import grpc
    from keras_tuner import HyperParameters, Objective, synchronized
    from keras_tuner.engine.base_tuner import BaseTuner
    from keras_tuner.engine.trial import Trial, TrialStatus
    from keras_tuner.errors import FatalError
    from keras_tuner.oracles import BayesianOptimizationOracle
    from keras_tuner.src import protos
    from keras_tuner.src.distribute.oracle_chief import OracleServicer

__all__ = [
    "FatalError",
    "HyperParameters",
    "Objective",
    "Oracle",
    "Trial",
    "TrialStatus",
    "Tuner",
    "grpc",
    "oracle_server",
    "synchronized",
]


class Oracle(BayesianOptimizationOracle):
    """Keras Tuner's Bayesian oracle whose files appear whole or not at all, and whose trials can be given out again."""

    @property
    def given_again(self) -> list[str]:
        """Numbers of trials that go to the next worker that asks, the last one first."""
        return self._retry_queue

    def save(self) -> None:
        """Write the state, whole or not at all, so that a kill does not spoil it."""
        write_json(self._get_oracle_fname(), self.get_state())

    def _save_trial(self, trial: Trial) -> None:
        write_json(f"{self._get_trial_dir(trial.trial_id)}/trial.json", trial.get_state())

    def reload(self) -> None:
        """Read the state that `save` wrote; trials that were out are tried again."""
        super().reload()
        ended = (TrialStatus.COMPLETED, TrialStatus.FAILED)
        self._retry_queue = [trial.trial_id for trial in self.trials.values() if trial.status not in ended]


class Tuner(BaseTuner):
    """Keras Tuner's loop over trials; it keeps nothing but its oracle's state."""

    @property
    def is_worker(self) -> bool:
        """Whether another process gives out the trials."""
        return self._is_worker()

    def save(self) -> None:
        """The oracle's state is all there is; a worker's is the chief's."""
        if not self.is_worker:
            self.oracle.save()


def oracle_server(oracle: Oracle) -> grpc.Server:
    """A server that gives out an oracle's trials by Keras Tuner's protocol; it has no address yet."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
    protos.get_service_grpc().add_OracleServicer_to_server(OracleServicer(oracle), server)
    return server
