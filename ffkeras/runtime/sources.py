"""Where images come from: files, folders, videos, cameras and network streams, all as named streams of frames."""

import contextlib
import functools
import logging
import math
import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from ffkeras.errors import UserError
from ffkeras.images import can_decode, files_below, list_images, read_image
from ffkeras.kinds import Kind, file_kind
from ffkeras.quiet import quiet_command
from ffkeras.runtime.cameras import DEVICES, Capture, open_camera
from ffkeras.runtime.streams import StreamAddress, is_address

MILLION = 1_000_000
LARGEST_FRAME = 36 * MILLION  # pixels of a video, 8K with room; decoders hold several frames at once
DEFAULT_RATE = 25.0  # frames per second, where a video or camera does not say
MOST_CAMERAS = 100  # OpenCV takes hundreds for the number of a driver
LENGTH_TOLERANCE = 2  # frames that a whole video may lack: containers count the last ones differently
LENGTH_TOLERANCE_SHARE = 0.05  # and the same as a share of its length, which some containers only estimate

SECONDS_TO_CONNECT = 10.0  # and for the next picture of a network stream to come
WAITS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # seconds before a lost stream is connected again; after these it is given up
TIMES_LOOKED_AT = 3000  # frames of a video whose times say whether its rate varies
FASTEST = 60.0  # frames per second of a video that is written
TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}

Read = Callable[[Path], np.ndarray]

logger = logging.getLogger(__name__)


class BrokenOffError(UserError):
    """A video ended well before the length that its file promises, or a camera ended; what came before is good."""


@dataclass(frozen=True)
class Source:
    """One image file, video file, camera or network stream.

    Args:
        location: the file's path, the camera's number or V4L2 file, or a URL.
        name: its path below the folder that was given, or its own file name: a relative path for what is made of it.
    """

    location: Path | int | StreamAddress
    name: Path

    @property
    def is_camera(self) -> bool:
        """A camera goes on until it is stopped."""
        return isinstance(self.location, int) or str(self.location).startswith(DEVICES)

    @property
    def is_stream(self) -> bool:
        """A URL; what it gives may go on until it is stopped."""
        return isinstance(self.location, StreamAddress)

    @functools.cached_property
    def is_video(self) -> bool:
        """A camera, a stream, or a file that is a video by its content."""
        return self.is_camera or self.is_stream or file_kind(self.location).kind == Kind.VIDEO


class Frame(NamedTuple):
    """One picture of a source.

    Args:
        name: the path of an image file, "<source>#<number>" of a video's frame.
        image: uint8 BGR [H, W, 3], upright.
        seconds: from the start of a video or recording; None of an image file.
    """

    name: str
    image: np.ndarray
    seconds: float | None = None


@dataclass(frozen=True)
class Stream:
    """An opened source.

    Args:
        frames: one of an image file, many of others; they end with BrokenOffError where the rest of a video is
            missing, and when a camera ends or a network stream cannot be connected again.
        rate: frames per second; 0 for an image file.
        length: frames as far as the file says; 1 where it does not.
    """

    frames: Iterator[Frame]
    rate: float = 0.0
    length: int = 1


def list_sources(inputs: Iterable[str], skipped: Counter | None = None) -> list[Source]:
    """Files as given, folders' pictures and videos, URLs, and a camera for every /dev/video and bare number.

    Args:
        inputs: what is to be looked at; a number that names a file is that file.
        skipped: takes how many files of which kind the folders hold besides.

    Raises:
        UserError: an input does not exist, a folder holds nothing to look at, a camera's number is out of range, or a
            URL names no host.
    """
    sources = []
    for entry in inputs:
        if is_address(entry):
            sources.append(Source(StreamAddress(entry), Path(f"stream_{len(sources) + 1}")))
            continue
        path = Path(entry)
        if entry.isdecimal() and not os.path.lexists(path):
            if len(entry) > len(str(MOST_CAMERAS)) or int(entry) >= MOST_CAMERAS:
                raise UserError(f"camera {entry[:20]} is out of range; cameras have numbers below {MOST_CAMERAS}.")
            sources.append(Source(int(entry), Path(f"camera_{entry}")))
            continue
        (single,) = _existing(path)
        if not single.is_dir():
            sources.append(Source(single, Path(single.name)))
            continue
        inside = _inside(path, skipped if skipped is not None else Counter())
        sources += [Source(file, file.relative_to(path)) for file in inside]
    return sources


def _existing(path: Path) -> list[Path]:
    """The path itself. Raises UserError where there is nothing, or that cannot be looked at."""
    return [path] if _is_folder(path) else list_images([path])


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # told by `list_images`
        return False


def _inside(folder: Path, skipped: Counter) -> list[Path]:
    """The pictures and videos in a folder. Raises UserError where there is none."""
    found, others = [], Counter()
    for path in files_below(folder):
        about = file_kind(path)
        if about.kind == Kind.OTHER or (about.known and not can_decode(about.name)):
            others[about.name] += 1
        else:
            found.append(path)
    skipped.update(others)
    if not found:
        besides = f", only {told_kinds(others)}" if others else ""
        raise UserError(f"{folder} holds neither a picture nor a video that can be read{besides}; name another folder.")
    return found


def told_kinds(skipped: Counter) -> str:
    """Counts by kind in words, such as "5 HEIC, 2 PDF"."""
    return ", ".join(f"{count:,} {kind}" for kind, count in skipped.most_common())


@contextlib.contextmanager
def open_video(source: Source) -> Iterator[Stream]:
    """Open a video, camera or stream; its first frame is read at once. Raises UserError where it cannot be read."""
    if not source.is_camera and not source.is_stream:
        check_video(source.location)
    capture = _Capture(source)
    try:
        width, height = (capture.get(name) for name in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if width * height > LARGEST_FRAME:
            raise UserError(
                f"{source.location} declares frames of {width:.0f} x {height:.0f} pixels, above the limit of "
                f"{LARGEST_FRAME / MILLION:.0f} million; make it smaller."
            )
        with quiet_command():
            read, first = _read_frame(capture, source)
        if not read and source.is_stream:
            raise UserError(
                f"{source.location} gives no picture within {SECONDS_TO_CONNECT:.0f} seconds; check the address, user "
                "and password, and whether another program plays it."
            )
        if not read and source.is_camera:
            raise UserError(f"camera {source.location} gives no picture; check that it is connected and not in use.")
        if not read:
            raise UserError(f"{source.location} is not a video that OpenCV can read, or it is truncated; replace it.")
        rate = capture.get(cv2.CAP_PROP_FPS)
        rate = rate if math.isfinite(rate) and rate > 0 else DEFAULT_RATE
        length = 1 if source.is_camera else max(1, int(min(capture.get(cv2.CAP_PROP_FRAME_COUNT), 1e9)))
        yield Stream(_name_frames(source, first, capture, rate, length), rate, length)
    finally:
        capture.release()


class _Capture:
    """A video, camera or stream that is opened, and opened again where a stream is lost; frames come upright.

    OpenCV turns frames by itself or not, by its version and the container, so it is told not to.
    """

    def __init__(self, source: Source):
        self._source = source
        self._open()

    def _open(self) -> None:
        source = self._source
        with quiet_command():
            if source.is_camera:
                self._capture: Capture = open_camera(source.location)
            elif source.is_stream:
                patience = int(SECONDS_TO_CONNECT * 1000)
                limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, patience, cv2.CAP_PROP_READ_TIMEOUT_MSEC, patience]
                self._capture = cv2.VideoCapture(source.location.url, cv2.CAP_FFMPEG, limits)
            else:
                self._capture = cv2.VideoCapture(str(source.location))
        self._turn = None
        if not source.is_camera and hasattr(self._capture, "set"):
            self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
            self._turn = TURNS.get(round(self._capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360)

    def read(self) -> tuple[bool, np.ndarray | None]:
        read, image = self._capture.read()
        if read and self._turn is not None and isinstance(image, np.ndarray):
            image = cv2.rotate(image, self._turn)
        return read, image

    def get(self, property_id: int) -> float:
        return self._capture.get(property_id)

    def release(self) -> None:
        self._capture.release()

    def open_again(self) -> None:
        self.release()
        self._open()


def frame_times(path: Path, most: int = TIMES_LOOKED_AT) -> list[float]:
    """Seconds from the start of the first frames of a video file, as its container has them."""
    with quiet_command():
        capture = cv2.VideoCapture(str(path))
        try:
            times = []
            while len(times) < most and capture.grab():
                times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        finally:
            capture.release()
    return times


def varying_rate(times: list[float], rate: float) -> float | None:
    """The frames per second of a video that shows each frame of a varying rate at its time; None for an even rate.

    Args:
        times: of its frames, seconds.
        rate: that its container gives, frames per second.
    """
    gaps = np.diff(times)
    if len(gaps) < 2 or (gaps <= 0).all():
        return None
    mean = float(gaps.mean())
    even = np.abs(np.asarray(times) - times[0] - mean * np.arange(len(times))).max() <= 0.75 * max(mean, 1 / rate)
    if even and abs(mean * rate - 1) < 0.05:
        return None
    return float(np.clip(round(1 / max(np.quantile(gaps[gaps > 0], 0.1), 1 / FASTEST)), 1, FASTEST))


OpenVideo = Callable[[Source], contextlib.AbstractContextManager[Stream]]


@contextlib.contextmanager
def open_source(source: Source, read: Read = read_image, video: OpenVideo = open_video) -> Iterator[Stream]:
    """Open an image, video, camera or stream; its first frame is read at once, so that a bad source shows here.

    Args:
        source: what to open.
        read: reads image files; `PictureProcess.read` is for very many of them.
        video: opens video files; `open_video_apart` is for those that may crash their decoder.

    Raises:
        UserError: it cannot be read; the sentence names it.
    """
    if source.is_video:
        with (open_video if source.is_camera or source.is_stream else video)(source) as stream:
            yield stream
        return
    with quiet_command():
        image = read(source.location)
    yield Stream(iter([Frame(str(source.location), image)]))


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


def _read_frame(capture: Capture, source: Source) -> tuple[bool, np.ndarray | None]:
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


def _name_frames(source: Source, image: np.ndarray, capture: _Capture, rate: float, length: int) -> Iterator[Frame]:
    live = source.is_camera or (source.is_stream and length <= 1)
    read, count, seconds, start = True, 0, 0.0, time.monotonic()
    while read:
        at = time.monotonic() - start if live else capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if count and not (math.isfinite(at) and at > seconds):  # containers that keep no times
            at = seconds + 1 / rate
        seconds = at if count else max(0.0, at if math.isfinite(at) else 0.0)
        yield Frame(f"{source.location}#{count}", image, round(seconds, 3))
        count += 1
        read, image = _read_frame(capture, source)
        if not read and source.is_stream and live:
            read, image = _connect_again(source, capture)
    if live:
        kind = "" if source.is_stream else "camera "
        advice = "check the network and the camera" if source.is_stream else "check its cable and power"
        raise BrokenOffError(f"{kind}{source.location} gives no more pictures; {advice}.")
    reached = max(count, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 * rate, seconds * rate)
    # at a varying rate the length is a time, not a number of frames
    if length - reached > max(LENGTH_TOLERANCE, LENGTH_TOLERANCE_SHARE * length):
        raise BrokenOffError(
            f"{source.location} broke off after {count} of {length} frames; copy it again if the rest matters."
        )


def _connect_again(source: Source, capture: _Capture) -> tuple[bool, np.ndarray | None]:
    """Open a lost stream anew, some times with longer and longer waits; its next picture, or (False, None)."""
    for wait in WAITS:
        logger.warning("%s is lost; connecting again in %g seconds.", source.location, wait)
        time.sleep(wait)
        capture.open_again()
        with quiet_command():
            read, image = _read_frame(capture, source)
        if read:
            return read, image
    return False, None
