"""How fast a run trains, and whether its data keep up."""

import time
from dataclasses import dataclass
from statistics import median

from ffkeras.data.pipeline import user_errors
from ffkeras.training.trainer import Trainer

WARM_UP_STEPS = 5


@dataclass(frozen=True)
class Throughput:
    """Training steps a second, medians over rounds.

    Args:
        repeated: with one batch repeated.
        real: with the run's own data.
        batch_size: images in a step.
    """

    repeated: float
    real: float
    batch_size: int

    @property
    def images_per_second(self) -> float:
        """Images a second with the run's own data."""
        return self.real * self.batch_size

    @property
    def data_efficiency(self) -> float:
        """What is left of the speed when the data come from the pipeline, 0..1."""
        return self.real / self.repeated


def measure_throughput(trainer: Trainer, steps: int, rounds: int) -> Throughput:
    """Time a run's steps on repeated and on real batches, in turns, so that a noisy machine treats both alike.

    All images are read once before, as in a run's first epoch: what is timed is every epoch after it. The trainer's
    weights move; do not go on with it.

    Args:
        trainer: a fresh run.
        steps: in each round, of each kind.
        rounds: the medians are taken over them.
    """
    for index in range(len(trainer.source)):
        trainer.source.load(index)
    with user_errors():
        batches = trainer.batches(0)
        same = next(batches)
        for _ in range(WARM_UP_STEPS):
            trainer.train_step(*same)
            next(batches)
        timed = []
        for _ in range(rounds):
            repeated = _steps_per_second(steps, lambda: trainer.train_step(*same))
            real = _steps_per_second(steps, lambda: trainer.train_step(*next(batches)))
            timed.append((repeated, real))
    repeated, real = (median(column) for column in zip(*timed, strict=True))
    return Throughput(repeated, real, trainer.config.batch_size)


def _steps_per_second(steps: int, do) -> float:
    start = time.perf_counter()
    for _ in range(steps):
        do()
    return steps / (time.perf_counter() - start)
