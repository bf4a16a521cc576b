"""Batches of augmented samples as plain arrays, made by many processes; without TensorFlow."""

import mmap
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Protocol

import cv2
import numpy as np

from ffkeras.data.augment import Sample
from ffkeras.data.dataset import read_dataset, split_held_out
from ffkeras.data.image_cache import FileSource, ImageCache
from ffkeras.data.samples import PipelineConfig, Source, make_sample, normalised_faces
from ffkeras.errors import UserError
from ffkeras.geometry import AnchorConfig
from ffkeras.stablehlo.plan import Plan
from ffkeras.training.config import TrainingConfig
from ffkeras.training.matching import Match, make_matcher

FORK = multiprocessing.get_context("fork")
SECONDS_BETWEEN_LOOKS = 1.0
BATCHES_AHEAD = 2  # for each process
CACHE_BYTES = 64 << 30  # all images that a training set of ours has
Batch = tuple[np.ndarray, ...]


class BatchPlan(Protocol):
    """What decides the batches: a `Plan`, or a `Leg`; fields as there."""

    training: TrainingConfig
    mean: tuple[float, float, float]
    anchors: AnchorConfig
    first_step: int
    last_step: int


def layout(plan: BatchPlan) -> list[tuple[tuple[int, ...], np.dtype]]:
    """Shape and type of the arrays of a batch: pixels and the targets of `make_matcher`, in its order."""
    height, width = plan.training.image_size
    anchors = sum((height // stride) * (width // stride) for stride in plan.anchors.strides) * plan.anchors.per_cell
    shapes = (((*plan.training.image_size, 3), np.uint8), ((anchors,), np.int32), ((anchors, 4), np.float32))
    shapes += (((anchors, 10), np.float32), ((anchors,), bool), ((anchors,), np.float32))
    return [((plan.training.batch_size, *shape), np.dtype(kind)) for shape, kind in shapes]


def batch_arrays(plan: BatchPlan, buffer: mmap.mmap) -> Batch:
    """Views of a buffer as the arrays of a batch."""
    views, start = [], 0
    for shape, kind in layout(plan):
        size = int(np.prod(shape)) * kind.itemsize
        views.append(np.frombuffer(buffer, kind, int(np.prod(shape)), start).reshape(shape))
        start += size
    return tuple(views)


def batch_bytes(plan: BatchPlan) -> int:
    """Bytes of a batch."""
    return sum(int(np.prod(shape)) * kind.itemsize for shape, kind in layout(plan))


def write_sample(sample: Sample, match: Match, plan: BatchPlan, arrays: Batch, row: int) -> None:
    """Put a sample and its targets into row `row` of a batch."""
    targets = match(*normalised_faces(sample, plan.training.image_size))
    for array, value in zip(arrays, (sample.image, *targets.values()), strict=True):
        array[row] = value


def matcher_of(plan: BatchPlan) -> Match:
    """The matcher of a plan's networks."""
    return make_matcher(plan.anchors, plan.training.image_size, plan.training.loss.matching)


def load_source(plan: Plan) -> FileSource:
    """The training samples of a plan; images are decoded when they are first read."""
    training, _ = split_held_out(read_dataset(plan.training.data))
    return FileSource(training, ImageCache(CACHE_BYTES))


def decode_all(plan: Plan, threads: int) -> FileSource:
    """The training samples of a plan, with all images decoded. Raises UserError for an unreadable one."""
    source = load_source(plan)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda image: source.cache.read(image.path), source.images))
    return source


class BatchMaker:
    """Makes the batches of a plan in processes of their own; batch k is a function of (plan, k) alone.

    Decoding the images starts at once, in another process too. Use as a context manager, so that the processes end;
    make it before JAX starts its threads, which a fork would cut off.

    Args:
        plan: what is trained.
        processes: as many batches are made at the same time.
        load: makes the source of the samples, all images decoded that there is room for, by so many threads.
    """

    def __init__(self, plan: BatchPlan, processes: int, load: Callable[[BatchPlan, int], Source] = decode_all):
        self.plan, self.processes, self._load = plan, processes, load
        self._slots = [mmap.mmap(-1, batch_bytes(plan)) for _ in range(processes * BATCHES_AHEAD)]
        self._free = [FORK.Semaphore(1) for _ in self._slots]
        self._made = [FORK.Semaphore(0) for _ in self._slots]
        self._errors, inner = FORK.Pipe(duplex=False)
        self._leader = FORK.Process(target=self._lead, args=(inner,))
        self._leader.start()
        inner.close()

    def __enter__(self) -> "BatchMaker":
        return self

    def __exit__(self, *exception) -> None:
        self._leader.terminate()
        self._leader.join()

    def __iter__(self) -> Iterator[Batch]:
        """The batches of the plan, in order; the arrays are copies. Raises UserError for an unreadable image."""
        for number in range(self.plan.last_step - self.plan.first_step):
            slot = number % len(self._slots)
            while not self._made[slot].acquire(timeout=SECONDS_BETWEEN_LOOKS):
                if self._errors.poll():
                    raise UserError(self._errors.recv())
            yield tuple(array.copy() for array in batch_arrays(self.plan, self._slots[slot]))
            self._free[slot].release()

    def _lead(self, errors: Connection) -> None:
        """Decode all images, then let workers share them; ends when it is told to."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's affair
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # an orderly end, which ends the workers
        try:
            source = self._load(self.plan, self.processes)
        except UserError as error:
            errors.send(str(error))
            return
        for worker in range(self.processes):
            FORK.Process(target=self._work, args=(source, worker), daemon=True).start()
        signal.pause()

    def _work(self, source: Source, worker: int) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        cv2.setNumThreads(1)
        plan, match = self.plan, matcher_of(self.plan)
        config = PipelineConfig(
            plan.training.image_size, plan.training.batch_size, plan.mean, plan.training.seed, plan.training.augment
        )
        for number in range(worker, plan.last_step - plan.first_step, self.processes):
            slot, step = number % len(self._slots), plan.first_step + number
            self._free[slot].acquire()
            arrays = batch_arrays(plan, self._slots[slot])
            for row in range(plan.training.batch_size):
                write_sample(
                    make_sample(source, config, step * plan.training.batch_size + row), match, plan, arrays, row
                )
            self._made[slot].release()
