"""Timing the stages of a detector that runs as its users run it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ffkeras.benchmark.subject import Subject
from ffkeras.runtime.interpreter import preferred_interpreter_class

Clock = Callable[[], float]
STAGES = ("preprocess", "invoke", "decode", "suppress")


@dataclass(frozen=True)
class Stages:
    """Milliseconds of one image, from memory to faces.

    Args:
        preprocess: letterbox, quantisation, handing over the input.
        invoke: the network.
        decode: reading the outputs, threshold and boxes.
        suppress: non-maximum suppression, and the landmarks of the faces that stay.
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
    """A detector whose stages are seen by a stopwatch.

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
        self._invoked = (0.0, 0.0)  # start and end of the last invocation, in seconds
        start = self._clock()
        self._detector = subject.open(num_threads=num_threads, interpreter_class=self._make_interpreter)
        self.load = 1000 * (self._clock() - start)

    def time(self, image: np.ndarray) -> Stages:
        """Run the detector on one image, uint8 BGR [H, W, 3]."""
        start = self._clock()
        decoder, candidates = self._detector.find_candidates(image)
        decoded = self._clock()
        self._detector.suppress(decoder, candidates)
        end = self._clock()
        began, done = self._invoked
        seconds = (began - start, done - began, decoded - done, end - decoded)
        return Stages(*(1000 * value for value in seconds))

    def _make_interpreter(self, *arguments, **options):
        interpreter = preferred_interpreter_class()(*arguments, **options)
        run = interpreter.invoke

        def invoke():
            start = self._clock()
            run()
            self._invoked = start, self._clock()

        interpreter.invoke = invoke
        return interpreter
