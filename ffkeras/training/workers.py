"""Several processes, on one machine or many, that train one network together.

Each holds the whole network and does its part of every batch. Gradients, BatchNorm's statistics and what losses are
divided by are added up over all of them, so that the weights move alike everywhere, to the last bit. The exchange is
that of `tf.distribute.MultiWorkerMirroredStrategy`; who takes part is said by TF_CONFIG, TensorFlow's own variable.
"""

import contextlib
import json
import os
from collections.abc import Callable, Iterator

import numpy as np

from ffkeras.backend import tf
from ffkeras.errors import UserError
from ffkeras.layers.replicas import sum_over_replicas

VARIABLE = "TF_CONFIG"
EXAMPLE = '{"cluster": {"worker": ["host0:12345", "host1:12345"]}, "task": {"type": "worker", "index": 0}}'
CHUNK = 4096  # characters that are told at once; one size, so that TensorFlow traces it once
KINDS = ("chief", "worker")  # in the order in which workers are counted
LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.DeadlineExceededError)
LOST += (tf.errors.InternalError, tf.errors.FailedPreconditionError)


class WorkerLost(Exception):
    """Another worker has ended, or cannot be reached any more."""


class Workers:
    """The processes of a run.

    Args:
        index: of this one, from 0.
        count: of all of them.
        strategy: that joins them; None for one alone.

    Attributes:
        is_first: whether this is the one that shows progress, validates, and writes the run folder.
    """

    def __init__(self, index: int = 0, count: int = 1, strategy: tf.distribute.Strategy | None = None):
        self.index, self.count, self._strategy = index, count, strategy
        self.is_first = index == 0
        self._sum = tf.function(self.together(sum_over_replicas))

    def together(self, function: Callable) -> Callable:
        """The function, to be called by all workers at the same time, in which `sum_over_replicas` sums over them."""
        if self._strategy is None:
            return function
        return lambda *arguments, **named: self._strategy.run(function, arguments, named)

    def any(self, asked: bool) -> bool:
        """Whether any worker asks. All must call it."""
        return asked if self.count == 1 else bool(self._sum(tf.constant(int(asked))) > 0)

    def tell(self, value: object = None) -> object:
        """The first worker's value, which JSON can hold, in all of them. All must call it."""
        if self.count == 1:
            return value
        data = np.frombuffer(json.dumps(value).encode() if self.is_first else b"", np.uint8).astype(np.int32)
        length = int(self._sum(tf.constant(len(data))))
        padded = np.zeros(-(-length // CHUNK) * CHUNK, np.int32)
        padded[: len(data)] = data
        chunks = [self._sum(tf.constant(chunk)).numpy() for chunk in padded.reshape(-1, CHUNK)]
        return json.loads(np.concatenate(chunks)[:length].astype(np.uint8).tobytes())

    def share(self, variables: list[tf.Variable]) -> None:
        """Give all workers the first one's values of float32 and int64 variables. All must call it."""
        for kind in () if self.count == 1 else (tf.float32, tf.int64):
            chosen = [variable for variable in variables if variable.dtype == kind]
            if not chosen:
                continue
            values = np.concatenate([variable.numpy().ravel() for variable in chosen])
            sums = self._sum(tf.constant(values if self.is_first else np.zeros_like(values))).numpy()
            ends = np.cumsum([variable.shape.num_elements() for variable in chosen])
            for variable, part in zip(chosen, np.split(sums, ends[:-1]), strict=True):
                variable.assign(part.reshape(variable.shape))

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Inside this context, TensorFlow's errors of an exchange that broke off are raised as `WorkerLost`."""
        try:
            yield
        except LOST as error:
            if self.count == 1:
                raise
            raise WorkerLost(error.message.partition("\n")[0]) from error


ALONE = Workers()


def join_workers() -> Workers:
    """The workers that TF_CONFIG names, as soon as all are there; `ALONE` where it names none but this one.

    To be called before TensorFlow computes anything.

    Raises:
        WorkerLost: one of them went before all were there.
        UserError: TF_CONFIG is not as TensorFlow describes it, or this process sees several GPUs.
    """
    text = os.environ.get(VARIABLE, "")
    addresses, index = parse_cluster(text) if text else ([], 0)
    if len(addresses) <= 1:
        return ALONE
    try:
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
    except LOST as error:
        raise WorkerLost(error.message.partition("\n")[0]) from error
    if strategy.num_replicas_in_sync != len(addresses):
        raise UserError("a worker trains on one GPU at most; start one for each, and set CUDA_VISIBLE_DEVICES for it.")
    return Workers(index, len(addresses), strategy)


def parse_cluster(text: str) -> tuple[list[str], int]:
    """The addresses of all workers, the first one's first, and the index of this one, from TF_CONFIG's text.

    Raises:
        UserError: it is something else.
    """
    try:
        values = json.loads(text)
        cluster, task = values.get("cluster") or {}, values.get("task") or {}
        if set(cluster) - set(KINDS):
            raise ValueError(f"its cluster has {', '.join(sorted(set(cluster) - set(KINDS)))}")
        places = [(kind, i) for kind in KINDS for i in range(len(cluster.get(kind, [])))]
        addresses = [cluster[kind][i] for kind, i in places]
        if not all(isinstance(address, str) and ":" in address for address in addresses):
            raise ValueError("an address is no host:port")
        return addresses, places.index((task["type"], task["index"])) if addresses else 0
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{VARIABLE} cannot be used ({error}); write it as {EXAMPLE}.") from error
