"""Where images come from: files, folders, videos and cameras, all as named streams of frames."""

import contextlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ffkeras.errors import UserError
from ffkeras.images import list_images, read_image
from ffkeras.quiet import quiet_command
from ffkeras.runtime.cameras import DEVICES, open_camera

VIDEO_SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".gif")
DEFAULT_RATE = 25.0  # frames per second, where a video or camera does not say
LENGTH_TOLERANCE = 2  # frames that a whole video may lack: containers count the last ones differently
LENGTH_TOLERANCE_SHARE = 0.05  # and the same as a share of its length, which some containers only estimate


class BrokenOffError(UserError):
    """A video ended well before the length that its file promises, or a camera ended; what came before is good."""


@dataclass(frozen=True)
class Source:
    """One image file, video file or camera.

    Args:
        location: the file's path, or the camera's number or V4L2 file.
        name: its path below the folder that was given, or its own file name: a relative path for what is made of it.
    """

    location: Path | int
    name: Path

    @property
    def is_camera(self) -> bool:
        """A camera goes on until it is stopped."""
        return isinstance(self.location, int) or str(self.location).startswith(DEVICES)

    @property
    def is_video(self) -> bool:
        """A camera, or a file whose suffix is a video's."""
        return self.is_camera or self.location.suffix.lower() in VIDEO_SUFFIXES


@dataclass(frozen=True)
class Stream:
    """An opened source.

    Args:
        frames: pairs of a name and a uint8 BGR image [H, W, 3]; an image file has one, a video "<path>#<number>" each;
            they end with BrokenOffError where the rest of a video is missing, and when a camera ends.
        rate: frames per second; 0 for an image file.
        length: frames as far as the file says; 1 where it does not.
    """

    frames: Iterator[tuple[str, np.ndarray]]
    rate: float = 0.0
    length: int = 1


def list_sources(inputs: Iterable[str]) -> list[Source]:
    """Files as given, folders' image files, and a camera for every /dev/video and bare number that names no file.

    Raises:
        UserError: an input does not exist, or a folder holds no image.
    """
    sources = []
    for entry in inputs:
        path = Path(entry)
        if entry.isdecimal() and not path.exists():
            sources.append(Source(int(entry), Path(f"camera_{entry}")))
            continue
        for file in list_images([path]):
            sources.append(Source(file, file.relative_to(path) if path.is_dir() else Path(file.name)))
    return sources


@contextlib.contextmanager
def open_source(source: Source) -> Iterator[Stream]:
    """Open an image, video or camera; its first frame is read at once, so that a bad source shows here.

    Raises:
        UserError: it cannot be read; the sentence names it.
    """
    if not source.is_video:
        with quiet_command():
            image = read_image(source.location)
        yield Stream(iter([(str(source.location), image)]))
        return
    with quiet_command():
        capture = open_camera(source.location) if source.is_camera else cv2.VideoCapture(str(source.location))
        read, first = capture.read()
    try:
        if not read and source.is_camera:
            raise UserError(f"camera {source.location} gives no picture; check that it is connected and not in use.")
        if not read:
            raise UserError(f"{source.location} is not a video that OpenCV can read, or it is truncated; replace it.")
        rate = capture.get(cv2.CAP_PROP_FPS)
        rate = rate if math.isfinite(rate) and rate > 0 else DEFAULT_RATE
        length = 1 if source.is_camera else max(1, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        yield Stream(_name_frames(source, first, capture, rate, length), rate, length)
    finally:
        capture.release()


def _name_frames(
    source: Source, image: np.ndarray, capture: cv2.VideoCapture, rate: float, length: int
) -> Iterator[tuple[str, np.ndarray]]:
    read, count, seconds = True, 0, 0.0
    while read:
        yield f"{source.location}#{count}", image
        count += 1
        seconds = max(seconds, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        read, image = capture.read()
    if source.is_camera:
        raise BrokenOffError(f"camera {source.location} gives no more pictures; check its cable and power.")
    reached = max(count, seconds * rate)  # at a varying rate the length is a time, not a number of frames
    if length - reached > max(LENGTH_TOLERANCE, LENGTH_TOLERANCE_SHARE * length):
        raise BrokenOffError(
            f"{source.location} broke off after {count} of {length} frames; copy it again if the rest matters."
        )
