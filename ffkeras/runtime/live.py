"""Detection picture by picture for as long as a source lasts, with the time that it takes; nothing is kept."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from ffkeras.runtime.detection import Face
from ffkeras.runtime.detector import FaceDetector
from ffkeras.runtime.sources import Source, open_source

RATE_SECONDS = 2.0  # over which frames per second are counted
MILLISECONDS = 1000


@dataclass(frozen=True, eq=False)
class FrameResult:
    """A picture and the faces that were found in it.

    Args:
        name: of the picture; "<source>#<number>" for one of many.
        image: uint8 BGR [H, W, 3].
        faces: best first, in pixels of `image`.
        seconds: that detection took, reading and drawing left out.
        rate: pictures per second lately, everything included; 0 for the first.
    """

    name: str
    image: np.ndarray
    faces: Sequence[Face]
    seconds: float
    rate: float

    def to_json(self) -> dict:
        """A JSON object: UTC time, name, size, milliseconds, pictures per second, and faces as `Face.to_json`."""
        height, width = self.image.shape[:2]
        return {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "image": self.name,
            "width": width,
            "height": height,
            "milliseconds": round(self.seconds * MILLISECONDS, 1),
            "frames_per_second": round(self.rate, 1),
            "faces": [face.to_json() for face in self.faces],
        }


@dataclass
class Meter:
    """Counts pictures: the rate lately, and all of them with the time that detection took.

    Attributes:
        count: pictures.
        seconds: that detection took for them.
    """

    count: int = 0
    seconds: float = 0.0
    _times: deque[float] = field(default_factory=deque)

    def add(self, seconds: float, now: float) -> float:
        """Count a picture whose detection took `seconds` and ended at `now`; returns pictures per second lately."""
        self.count += 1
        self.seconds += seconds
        self._times.append(now)
        while now - self._times[0] > RATE_SECONDS and len(self._times) > 2:
            self._times.popleft()
        span = now - self._times[0]
        return (len(self._times) - 1) / span if span > 0 else 0.0

    @property
    def mean_milliseconds(self) -> float:
        """Of detection, for a picture; 0 before the first."""
        return MILLISECONDS * self.seconds / self.count if self.count else 0.0


def detect_frames(source: Source, detector: FaceDetector, meter: Meter) -> Iterator[FrameResult]:
    """Detect in each picture of a source as it comes.

    Raises:
        UserError: the source cannot be read, or ends before it should; the sentence names it.
    """
    with open_source(source) as stream:
        for name, image, _ in stream.frames:
            start = time.perf_counter()
            faces = detector.detect(image)
            now = time.perf_counter()
            yield FrameResult(name, image, faces, now - start, meter.add(now - start, now))
