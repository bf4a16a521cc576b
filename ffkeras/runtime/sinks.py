"""Where drawn pictures go: image and video files that appear whole or not at all."""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from ffkeras.errors import UserError
from ffkeras.files import atomic_path, write_bytes
from ffkeras.runtime.sources import Source

VIDEO_SUFFIX, VIDEO_CODEC = ".mp4", "mp4v"  # the pair that every build of OpenCV's FFmpeg writes
FALLBACK_IMAGE_SUFFIX = ".jpg"  # for images of a format that OpenCV reads but does not write

LONGEST_NAME = 255  # bytes, of most file systems

Write = Callable[[np.ndarray, float | None], None]  # a picture, and its time in seconds


def output_paths(sources: Iterable[Source], folder: Path) -> list[Path]:
    """A path of its own inside `folder` for each source; equal names are told apart as name_2, name_3 ...

    Raises:
        UserError: a path is that of a source, which would be overwritten.
    """
    sources = list(sources)
    originals = {source.location.resolve() for source in sources if isinstance(source.location, Path)}
    paths = [folder / name for name in _told_apart(map(_output_name, sources))]
    for path in paths:
        if path.resolve() in originals:
            raise UserError(f"{path} would overwrite its source; choose another output folder.")
    return paths


def output_stems(sources: Iterable[Source]) -> list[Path]:
    """A relative path of its own without a suffix for each source, for files that are made of its faces."""
    return _told_apart(source.name.with_suffix("") for source in sources)


def _told_apart(names: Iterable[Path]) -> list[Path]:
    taken: set[str] = set()
    apart = []
    for wanted in names:
        name, number = wanted, 1
        while str(name).casefold() in taken:
            number += 1
            name = wanted.with_stem(f"{wanted.stem}_{number}")
        taken.add(str(name).casefold())
        apart.append(name)
    return apart


def _output_name(source: Source) -> Path:
    if source.is_video:
        return source.name.with_suffix(VIDEO_SUFFIX)
    suffix = source.name.suffix
    # by the suffix alone: OpenCV dies of names that are not UTF-8
    if suffix.isascii() and suffix and cv2.haveImageWriter(f"image{suffix}"):
        return source.name
    return source.name.with_name(_shortened(source.name.name, FALLBACK_IMAGE_SUFFIX))


def _shortened(name: str, suffix: str) -> str:
    """A name with a suffix added, cut so that a file system takes it."""
    room = LONGEST_NAME - len(suffix)
    encoded = os.fsencode(name)
    return (name if len(encoded) <= room else encoded[:room].decode(errors="ignore")) + suffix


@contextlib.contextmanager
def open_sink(path: Path, rate: float, timed: bool = False) -> Iterator[Write]:
    """A function that writes uint8 BGR images: one to an image file, or many to a video of `rate` frames per second.

    A video stands at `path` only once it is closed without an error; one that Ctrl-C ends is closed first, and whole as
    far as it goes.

    Args:
        path: of the file.
        rate: frames per second of a video.
        timed: each image stands in the video at its time, as near as `rate` allows: it is repeated until the next one.

    Raises:
        UserError: the file cannot be written.
    """
    if path.suffix != VIDEO_SUFFIX:
        yield lambda image, _=None: write_bytes(path, encode(path, image), durable=False)
        return
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"{path} has a name that is not UTF-8, which OpenCV cannot write; rename its source."
        ) from error
    with atomic_path(path, durable=False) as temporary:
        video = _VideoFile(temporary, rate, timed)
        try:
            yield video.write
        finally:
            video.close()
        if not video.is_whole():
            raise UserError(f"cannot write {path}: the video is not whole; choose another output or free some space.")


def encode(path: Path, image: np.ndarray) -> bytes:
    """The bytes of an image file of the kind that the suffix of `path` says. Raises UserError where there is none."""
    try:
        written, data = cv2.imencode(path.suffix, image)
    except (cv2.error, UnicodeError):  # a suffix that is not UTF-8
        written = False
    if not written:
        raise UserError(f"OpenCV cannot write {path} as {path.suffix}; convert its source to another format.")
    return data.tobytes()


class _VideoFile:
    """A video file under construction; its size is that of the first frame."""

    def __init__(self, path: Path, rate: float, timed: bool):
        self._path, self._rate, self._timed = path, rate, timed
        self._writer: cv2.VideoWriter | None = None
        self._last: np.ndarray | None = None  # the image that is shown until the next one
        self._count = 0

    def write(self, image: np.ndarray, seconds: float | None = None) -> None:
        if self._writer is None:
            height, width = image.shape[:2]
            codec = cv2.VideoWriter_fourcc(*VIDEO_CODEC)
            self._writer = cv2.VideoWriter(str(self._path), codec, self._rate, (width, height))
        if not self._timed or seconds is None:
            self._add(image)
            return
        due = round(seconds * self._rate)
        while self._last is not None and self._count < due:
            self._add(self._last)
        self._last = image

    def _add(self, image: np.ndarray) -> None:
        self._writer.write(image)
        self._count += 1

    def close(self) -> None:
        if self._last is not None:
            self._add(self._last)
            self._last = None
        if self._writer is not None:
            self._writer.release()

    def is_whole(self) -> bool:
        """Every frame is in the file: OpenCV reports neither a full disk nor a refused size."""
        written = cv2.VideoCapture(str(self._path))
        try:
            return written.isOpened() and int(written.get(cv2.CAP_PROP_FRAME_COUNT)) == self._count
        finally:
            written.release()
