"""Where images come from: files, folders, videos and cameras, all as named streams of frames."""

import contextlib
import math
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ffkeras.errors import UserError
from ffkeras.images import list_images, read_image
from ffkeras.quiet import quiet_command
from ffkeras.runtime.cameras import DEVICES, open_camera

VIDEO_SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".gif")
MILLION = 1_000_000
LARGEST_FRAME = 36 * MILLION  # pixels of a video, 8K with room; decoders hold several frames at once
DEFAULT_RATE = 25.0  # frames per second, where a video or camera does not say
MOST_CAMERAS = 100  # OpenCV takes hundreds for the number of a driver
LENGTH_TOLERANCE = 2  # frames that a whole video may lack: containers count the last ones differently
LENGTH_TOLERANCE_SHARE = 0.05  # and the same as a share of its length, which some containers only estimate

Read = Callable[[Path], np.ndarray]


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
        UserError: an input does not exist, a folder holds no image, or a camera's number is out of range.
    """
    sources = []
    for entry in inputs:
        path = Path(entry)
        if entry.isdecimal() and not os.path.lexists(path):
            if len(entry) > len(str(MOST_CAMERAS)) or int(entry) >= MOST_CAMERAS:
                raise UserError(f"camera {entry[:20]} is out of range; cameras have numbers below {MOST_CAMERAS}.")
            sources.append(Source(int(entry), Path(f"camera_{entry}")))
            continue
        for file in list_images([path]):
            sources.append(Source(file, file.relative_to(path) if path.is_dir() else Path(file.name)))
    return sources


@contextlib.contextmanager
def open_video(source: Source) -> Iterator[Stream]:
    """Open a video or camera; its first frame is read at once. Raises UserError where it cannot be read."""
    if not source.is_camera:
        check_video(source.location)
    with quiet_command():
        capture = open_camera(source.location) if source.is_camera else cv2.VideoCapture(str(source.location))
    try:
        width, height = (capture.get(name) for name in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if width * height > LARGEST_FRAME:
            raise UserError(
                f"{source.location} declares frames of {width:.0f} x {height:.0f} pixels, above the limit of "
                f"{LARGEST_FRAME / MILLION:.0f} million; make it smaller."
            )
        with quiet_command():
            read, first = _read_frame(capture, source)
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


OpenVideo = Callable[[Source], contextlib.AbstractContextManager[Stream]]


@contextlib.contextmanager
def open_source(source: Source, read: Read = read_image, video: OpenVideo = open_video) -> Iterator[Stream]:
    """Open an image, video or camera; its first frame is read at once, so that a bad source shows here.

    Args:
        source: what to open.
        read: reads image files; `PictureProcess.read` is for very many of them.
        video: opens video files; `open_video_apart` is for those that may crash their decoder.

    Raises:
        UserError: it cannot be read; the sentence names it.
    """
    if source.is_video:
        with (open_video if source.is_camera else video)(source) as stream:
            yield stream
        return
    with quiet_command():
        image = read(source.location)
    yield Stream(iter([(str(source.location), image)]))


def check_video(path: Path) -> None:
    """Refuse what would hold up or crash OpenCV's video reader. Raises UserError.

    Args:
        path: of a file that is to be read as a video.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise UserError(f"{path} has a name that is not UTF-8, which OpenCV cannot open; rename it.") from error
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; check the path.") from error
    if not regular:
        raise UserError(f"{path} is no regular file (a device, FIFO or folder); name a file.")


def _read_frame(capture: cv2.VideoCapture, source: Source) -> tuple[bool, np.ndarray | None]:
    """As `capture.read`; OpenCV also opens pictures as videos, and gives what is no uint8 BGR [H, W, 3]."""
    try:
        read, image = capture.read()
    except cv2.error as error:
        raise BrokenOffError(f"{source.location} has a frame that OpenCV cannot decode; replace it.") from error
    if read and (image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size):
        raise BrokenOffError(
            f"{source.location} is no video: its frames are {image.dtype} {image.shape}, not colours in 8 bits; "
            "convert it."
        )
    return read, image


def _name_frames(
    source: Source, image: np.ndarray, capture: cv2.VideoCapture, rate: float, length: int
) -> Iterator[tuple[str, np.ndarray]]:
    read, count, seconds = True, 0, 0.0
    while read:
        yield f"{source.location}#{count}", image
        count += 1
        seconds = max(seconds, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        read, image = _read_frame(capture, source)
    if source.is_camera:
        raise BrokenOffError(f"camera {source.location} gives no more pictures; check its cable and power.")
    reached = max(count, seconds * rate)  # at a varying rate the length is a time, not a number of frames
    if length - reached > max(LENGTH_TOLERANCE, LENGTH_TOLERANCE_SHARE * length):
        raise BrokenOffError(
            f"{source.location} broke off after {count} of {length} frames; copy it again if the rest matters."
        )
