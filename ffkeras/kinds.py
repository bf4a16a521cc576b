"""What kind of file something is, by its first bytes; its name only says what it was meant to be."""

import os
import re
import stat
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ffkeras.files import NOT_WAITING
from ffkeras.image_header import READERS

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".avif", ".heic", ".heif")
VIDEO_SUFFIXES = (
    ".mp4",
    ".avi",
    ".mov",
    ".mkv",
    ".webm",
    ".m4v",
    ".mpg",
    ".mpeg",
    ".wmv",
    ".gif",
    ".3gp",
    ".ts",
    ".mts",
    ".m2ts",
    ".flv",
)
HEAD = 1024  # bytes that are looked at
TRANSPORT_PACKET = 188  # bytes of an MPEG transport stream's packet, which begins with a G; AVCHD puts four before it

VIDEOS = (  # what the files of each container begin with
    rb"....(ftyp|moov|mdat|wide|free|skip)",  # MP4, MOV, 3GP; pictures of this family come first
    rb"RIFF....AVI ",
    rb"\x1a\x45\xdf\xa3",  # Matroska, WebM
    rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF: WMV
    rb"\x00\x00\x01[\xb3\xba]",  # MPEG-1 and 2
    rb"FLV\x01",
    rb"OggS",
    rb"YUV4MPEG2 ",
    rb"\x00\x00\x00\x01[\x67\x27\x40\x46\x09]",  # H.264 and H.265 without a container
    rb"GIF8[79]a",  # which may move
)
RAW_SUFFIXES = (".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf", ".pef", ".srw")
OTHERS = (  # kinds that are worth a name of their own where they are skipped
    (rb"%PDF-", "PDF"),
    (rb"PK\x03\x04", "ZIP"),
    (rb"(\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51)", "JPEG 2000"),
    (rb"(\xff\x0a|\x00\x00\x00\x0cJXL )", "JPEG XL"),
    (rb"8BPS", "Photoshop"),
    (rb"(ID3|\xff[\xf2\xf3\xfb]|RIFF....WAVE|fLaC)", "sound"),
    (rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?(<!DOCTYPE svg|<svg)", "SVG"),
)


class Kind(Enum):
    """What is done with a file."""

    IMAGE = "image"
    VIDEO = "video"
    OTHER = "other"


@dataclass(frozen=True)
class FileKind:
    """A file's kind.

    Args:
        kind: what is done with it.
        name: in words, such as "JPEG", "video", "PDF", "text", or the suffix of what has no known kind.
        known: by its content; false where only the name says so.
    """

    kind: Kind
    name: str
    known: bool = True


def file_kind(path: str | os.PathLike) -> FileKind:
    """Look at the first bytes of a file. What cannot be read, or is no regular file, is judged by its name alone."""
    path = Path(path)
    suffix = path.suffix.lower()
    head = _head(path)
    if suffix in RAW_SUFFIXES:  # most of them are TIFF files of a kind that OpenCV misunderstands
        return FileKind(Kind.OTHER, "camera raw")
    if _begins(rb"GIF8[79]a", head):
        return FileKind(Kind.VIDEO, "GIF")
    for name, pattern, _ in READERS:
        if _begins(pattern, head):
            return FileKind(Kind.IMAGE, name)
    if any(_begins(pattern, head) for pattern in VIDEOS) or _is_transport_stream(head):
        return FileKind(Kind.VIDEO, "video")
    for pattern, name in OTHERS:
        if _begins(pattern, head):
            return FileKind(Kind.OTHER, name)
    if suffix in IMAGE_SUFFIXES:
        return FileKind(Kind.IMAGE, suffix[1:], known=False)
    if suffix in VIDEO_SUFFIXES:
        return FileKind(Kind.VIDEO, suffix[1:], known=False)
    if not head:
        return FileKind(Kind.OTHER, "empty or unreadable")
    return FileKind(Kind.OTHER, "text" if _is_text(head) else suffix[1:] or "unknown")


def _head(path: Path) -> bytes:
    """The first bytes; none of what is no regular file, which could wait for ever."""
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | NOT_WAITING)) as file:  # noqa: PTH123
            return file.read(HEAD) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
    except (OSError, ValueError):
        return b""


def _begins(pattern: bytes, head: bytes) -> bool:
    return re.match(pattern, head, re.DOTALL) is not None


def _is_transport_stream(head: bytes) -> bool:
    for first, step in ((0, TRANSPORT_PACKET), (4, TRANSPORT_PACKET + 4)):
        marks = head[first::step]
        if len(marks) >= 3 and set(marks) == {0x47}:
            return True
    return False


def _is_text(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and b"\0" not in head  # a character that the end cuts
    return b"\0" not in head
