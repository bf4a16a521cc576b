"""From rounds to figures: medians, spreads, and ratios against a reference, round by round."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ffkeras.benchmark.measure import Series
from ffkeras.benchmark.stopwatch import STAGES

REFERENCE_KIND = "YuNet"  # its int8 file of the same input size is what others are compared with
QUARTILES = (25, 50, 75)


@dataclass(frozen=True)
class Spread:
    """The middle of many values, and how far they scatter.

    Args:
        median: half of the values lie below.
        low, high: the quartiles, between which half of the values lie.
    """

    median: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """The interquartile range."""
        return self.high - self.low

    def to_json(self) -> dict:
        """A JSON object of the three values."""
        return {"median": round(self.median, 4), "quartiles": [round(self.low, 4), round(self.high, 4)]}


@dataclass(frozen=True)
class Figures:
    """What came out for one file with one number of threads. Times are in milliseconds.

    Args:
        path, kind: of the file, and whose it is.
        image_size: (height, width) of its input.
        int8: it computes in int8.
        num_threads: of its interpreter.
        decodes: its outputs could be read; otherwise decoding and suppression mean nothing.
        load: from the file's bytes to a ready detector.
        stages: stage -> time, and "total".
        reference: name of the file that the ratios are against, None without one.
        invoke_ratio, total_ratio: time / the reference's time of the same round; None without a reference.
        share: pre- and post-processing / invoke.
    """

    path: Path
    kind: str
    image_size: tuple[int, int]
    int8: bool
    num_threads: int
    decodes: bool
    load: Spread
    stages: dict[str, Spread]
    reference: str | None
    invoke_ratio: Spread | None
    total_ratio: Spread | None
    share: Spread

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    def to_json(self) -> dict:
        """A JSON object of all figures."""
        ratios = {"invoke_ratio": self.invoke_ratio, "total_ratio": self.total_ratio}
        return {
            "file": self.name,
            "kind": self.kind,
            "image_size": list(self.image_size),
            "int8": self.int8,
            "num_threads": self.num_threads,
            "decodes": self.decodes,
            "load_ms": self.load.to_json(),
            "stages_ms": {stage: spread.to_json() for stage, spread in self.stages.items()},
            "reference": self.reference,
            **{name: spread and spread.to_json() for name, spread in ratios.items()},
            "pre_and_post_over_invoke": self.share.to_json(),
        }


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles of at least one value."""
    low, middle, high = np.percentile(values, QUARTILES)
    return Spread(float(middle), float(low), float(high))


def ratios(values: Sequence[float], reference: Sequence[float]) -> Spread:
    """Median and quartiles of value / reference, round by round: what slows a round slows both."""
    return spread(np.array(values) / np.array(reference))


def summarise(series: Sequence[Series]) -> list[Figures]:
    """The figures of every series that has a round."""
    return [_figures(entry, _reference(entry, series)) for entry in series if entry.rounds]


def _figures(entry: Series, reference: Series | None) -> Figures:
    rounds = entry.rounds
    stages = {stage: [getattr(taken, stage) for taken in rounds] for stage in (*STAGES, "total")}
    against = None
    if reference is not None:
        against = {stage: [getattr(taken, stage) for taken in reference.rounds] for stage in ("invoke", "total")}
    return Figures(
        path=entry.subject.path,
        kind=entry.subject.kind,
        image_size=entry.subject.image_size,
        int8=entry.subject.int8,
        num_threads=entry.num_threads,
        decodes=entry.subject.decodes,
        load=spread(entry.loads),
        stages={stage: spread(values) for stage, values in stages.items()},
        reference=reference and reference.subject.name,
        invoke_ratio=against and ratios(stages["invoke"], against["invoke"]),
        total_ratio=against and ratios(stages["total"], against["total"]),
        share=spread([taken.total / taken.invoke - 1 for taken in rounds]),
    )


def _reference(entry: Series, series: Sequence[Series]) -> Series | None:
    """YuNet int8 of the same input size and number of threads, where it was measured."""
    for other in series:
        subject = other.subject
        same = (subject.image_size, other.num_threads) == (entry.subject.image_size, entry.num_threads)
        if same and subject.kind == REFERENCE_KIND and subject.int8:
            return other
    return None
