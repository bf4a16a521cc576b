"""How much faster one int8 file is than another, measured here."""

import time
from pathlib import Path

import numpy as np

from ffkeras.benchmark.measure import measure
from ffkeras.benchmark.subject import Subject
from ffkeras.benchmark.summary import ratios

ROUNDS = 15


def invoke_ratio(model: bytes, reference: bytes, image_size: tuple[int, int]) -> float:
    """Invoke time of a file as a share of another's, both in turns on one thread, median over rounds.

    The processor's time of the thread is counted: on a busy machine it repeats where the clock does not.

    Args:
        model, reference: bytes of int8 .tflite files with our record.
        image_size: (height, width) of both inputs.

    Raises:
        KeyboardInterrupt: Ctrl-C before all rounds were done.
    """
    subjects = [
        Subject(Path(name), data, image_size, int8=True, peer=None)
        for name, data in (("pruned", model), ("dense", reference))
    ]
    image = np.random.default_rng(0).integers(0, 256, (*image_size, 3), dtype=np.uint8)
    (ours, theirs), complete = measure(subjects, [1], image, ROUNDS, clock=time.thread_time)
    if not complete:
        raise KeyboardInterrupt
    times = [[stages.invoke for stages in series.rounds] for series in (ours, theirs)]
    return ratios(*times).median
