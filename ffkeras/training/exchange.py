"""What it costs workers to add up numbers over all of them."""

import time
from dataclasses import dataclass

from ffkeras.backend import keras, tf
from ffkeras.layers.batch_norm import BatchNorm
from ffkeras.layers.replicas import sum_over_replicas
from ffkeras.training.workers import Workers

SMALL = 128  # numbers in an exchange of BatchNorm: two for each of 64 channels
IN_A_ROW = 50
OTHERS = 4  # exchanges of a step besides BatchNorm's: what losses are divided by, gradients, losses, the wish to stop
OF_A_LAYER = 2  # exchanges of a BatchNorm in a step: forward and backward


@dataclass(frozen=True)
class ExchangeCost:
    """Seconds of one exchange.

    Args:
        wall: that go by.
        processor: of this worker's processor.
    """

    wall: float
    processor: float


def measure_exchange(workers: Workers, numbers: int, rounds: int = 5) -> ExchangeCost:
    """Time sums of so many numbers over all workers, one after another as in a step. All must call it."""

    def many(value):
        for _ in range(IN_A_ROW):
            value = sum_over_replicas(value) / workers.count
        return value

    function, value = tf.function(workers.together(many)), tf.ones(numbers)
    function(value)
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(rounds):
        function(value)
    count = rounds * IN_A_ROW
    return ExchangeCost((time.perf_counter() - wall) / count, (time.process_time() - processor) / count)


def norm_layers(model: keras.Model) -> int:
    """How often BatchNorm runs in a step: its layers; one that serves several levels counts once."""
    return sum(isinstance(layer, BatchNorm) for layer in model.submodules)
