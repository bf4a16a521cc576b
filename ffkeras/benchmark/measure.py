"""Timing several files in turns, so that what else the machine does hits all alike."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from ffkeras.benchmark.stopwatch import Clock, Stages, TimedDetector
from ffkeras.benchmark.subject import Subject

WARM_UP_ROUNDS = 2
RUNS = 4  # in a turn
LOADS = 5  # at most; a load is not repeated in every round, for it leaves the memory in disorder


@dataclass(eq=False)
class Series:
    """What was timed of one file with one number of threads.

    Args:
        subject: the file.
        num_threads: of its interpreter.
        loads: milliseconds of each load.
        rounds: of each round, in the order of all series' rounds.
    """

    subject: Subject
    num_threads: int
    loads: list[float] = field(default_factory=list)
    rounds: list[Stages] = field(default_factory=list)


def measure(
    subjects: Sequence[Subject],
    threads: Sequence[int],
    image: np.ndarray,
    rounds: int,
    step: Callable[[], None] = lambda: None,
    clock: Clock = time.perf_counter,
) -> tuple[list[Series], bool]:
    """Time every file with every number of threads, in turns, round after round.

    In its turn a detector runs `RUNS` times and the fastest run counts: on a device it has the machine to itself, and
    must not pay for what the others left in the caches, nor for a moment that the system gave to another process.

    Args:
        subjects: the files.
        threads: numbers of threads.
        image: uint8 BGR [H, W, 3], in memory.
        rounds: at least one.
        step: called after every round.
        clock: see `TimedDetector`.

    Returns:
        The series, all with the same number of rounds, and whether all rounds were done: Ctrl-C leaves those that are
        complete.

    Raises:
        UserError: a file cannot be used.
    """
    series = [Series(subject, count) for subject in subjects for count in threads]
    try:
        for _ in range(min(LOADS, rounds)):
            for entry in series:
                entry.loads.append(TimedDetector(entry.subject, entry.num_threads, clock).load)
        detectors = [TimedDetector(entry.subject, entry.num_threads, clock) for entry in series]
        for number in range(-WARM_UP_ROUNDS, rounds):
            taken = [_time(detector, entry, image) for detector, entry in zip(detectors, series, strict=True)]
            if number >= 0:
                for entry, stages in zip(series, taken, strict=True):
                    entry.rounds.append(stages)
                step()
    except KeyboardInterrupt:
        return series, False
    return series, True


def _time(detector: TimedDetector, entry: Series, image: np.ndarray) -> Stages:
    cv2.setNumThreads(entry.num_threads)
    return min((detector.time(image) for _ in range(RUNS)), key=lambda stages: stages.total)
