"""Keras Tuner, imported quietly: it brings Keras 3 along, which is not the Keras of this package."""

import os

from ffkeras.backend import tf  # noqa: F401  (TensorFlow has to come first, as this package does it)
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
    "BaseTuner",
    "BayesianOptimizationOracle",
    "FatalError",
    "HyperParameters",
    "Objective",
    "OracleServicer",
    "Trial",
    "TrialStatus",
    "grpc",
    "protos",
    "synchronized",
]
