"""Timing the stages of a detector that runs as its users run it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from ffkeras.benchmark.subject import Subject
from ffkeras.runtime import decode
from ffkeras.runtime.interpreter import preferred_interpreter_class

Clock = Callable[[], float]
STAGES = ("preprocess", "invoke", "decode", "suppress")


@dataclass(frozen=True)
class Stages:
    """Milliseconds of one image, from memory to faces.

    Args:
        preprocess: letterbox, quantisation, handing over the input.
        invoke: the network.
        decode: reading the outputs, threshold, boxes and landmarks.
        suppress: non-maximum suppression.
    """

    preprocess: float
    invoke: float
    decode: float
    suppress: float

    @property
    def total(self) -> float:
        """From the image to the faces."""
        return self.preprocess + self.invoke + self.decode + self.suppress


class TimedDetector:
    """A detector whose invocation and suppression are seen by a stopwatch.

    Args:
        subject: the file.
        num_threads: of the interpreter.
        clock: gives seconds; `time.perf_counter`, or `time.thread_time` for the processor's time of one thread.

    Attributes:
        load: milliseconds from the file's bytes to a detector that is ready.

    Raises:
        UserError: the file cannot be used.
    """

    def __init__(self, subject: Subject, num_threads: int, clock: Clock = time.perf_counter):
        self._clock = clock
        self._spans: dict[str, tuple[float, float]] = {}  # stage -> start and end of its last call, in seconds
        start = self._clock()
        self._detector = subject.open(num_threads=num_threads, interpreter_class=self._make_interpreter)
        self.load = 1000 * (self._clock() - start)

    def time(self, image: np.ndarray) -> Stages:
        """Run the detector on one image, uint8 BGR [H, W, 3]."""
        self._spans.clear()
        with self._watched_suppression():
            start = self._clock()
            self._detector.detect(image)
            end = self._clock()
        invoked, done = self._spans["invoke"]
        first, last = self._spans.get("suppress", (done, done))  # without candidates it is not called
        seconds = (invoked - start, done - invoked, (first - done) + (end - last), last - first)
        return Stages(*(1000 * value for value in seconds))

    def _make_interpreter(self, *arguments, **options):
        interpreter = preferred_interpreter_class()(*arguments, **options)
        interpreter.invoke = self._watch("invoke", interpreter.invoke)
        return interpreter

    @contextmanager
    def _watched_suppression(self) -> Iterator[None]:
        plain = decode.nms
        decode.nms = self._watch("suppress", plain)
        try:
            yield
        finally:
            decode.nms = plain

    def _watch(self, stage: str, function: Callable) -> Callable:
        def watched(*arguments, **options):
            start = self._clock()
            result = function(*arguments, **options)
            self._spans[stage] = start, self._clock()
            return result

        return watched
