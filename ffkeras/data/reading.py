"""What reading training data costs: time, and memory of the process."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ffkeras.data.pipeline import training_dataset, user_errors
from ffkeras.data.samples import PipelineConfig, Source

STATUS = Path("/proc/self/status")
OWN = ("RssAnon", "RssShmem")  # pages of files, which the system takes back at any time, are not the process's own


@dataclass(frozen=True)
class Reading:
    """After so many images.

    Args:
        images: read so far.
        seconds: of processor time, of all threads, since the first image was asked for.
        memory: bytes that are the process's own.
    """

    images: int
    seconds: float
    memory: int


def own_memory() -> int:
    """Bytes of memory that are this process's own; mapped files are not. Linux alone; 0 elsewhere."""
    if not STATUS.exists():
        return 0
    values = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return sum(int(values[name].split()[0]) << 10 for name in OWN)


def read_batches(source: Source, config: PipelineConfig, images: int, rows: int) -> Iterator[Reading]:
    """Read augmented batches as training does, without training on them, and say `rows` times what it took.

    Raises:
        UserError: an image that cannot be read.
    """
    steps = max(1, images // config.batch_size)
    said = {round(steps * row / rows) for row in range(1, rows + 1)}
    began = time.process_time()
    with user_errors():
        for step, _ in zip(range(1, steps + 1), training_dataset(source, config, lambda *faces: {}), strict=False):
            if step in said:
                yield Reading(step * config.batch_size, time.process_time() - began, own_memory())
