"""Writing files so that they appear whole or not at all."""

import contextlib
import errno
import itertools
import json
import os
import re
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path

from ffkeras.errors import UserError

STEM_BYTES = 40  # of a file's name in that of its unfinished form, which may not be longer than names can be
PART = re.compile(r"\..{0,40}\.(\d{1,10})-\d+\.part(\..*)?", re.DOTALL)
_cleared: set[Path] = set()
_count = itertools.count()
NOT_WAITING = getattr(os, "O_NONBLOCK", 0)  # Windows has no FIFOs in its file system


def check_writable(path: str | os.PathLike) -> None:
    """Refuse a file that could not be written, before the slow work that leads to it; nothing is made on disk.

    Raises:
        UserError: `path` is a folder, lies below a file, or its nearest existing folder does not allow writing.
    """
    path = Path(path)
    folder = _nearest_folder(path)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"cannot write {path}: {folder} does not allow it; choose another output.")


def _nearest_folder(path: Path) -> Path:
    """The nearest existing folder above a file to be written. Raises UserError where no file can have this path."""
    try:
        if path.is_dir():
            raise UserError(f"{path} is a folder; name a file.")
        if path.exists() and not path.is_file():
            raise UserError(f"{path} is a device, FIFO or socket; name a file.")
        nearest = next((parent for parent in path.parents if parent.exists()), Path.cwd())
        if not nearest.is_dir():
            raise UserError(f"{nearest} is a file, so nothing can be written below it; choose another output.")
    except (OSError, ValueError) as error:  # a folder that may not be looked into, a name too long or with a zero byte
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"cannot write {path}: {reason}; choose another output.") from error
    return nearest


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` on success, remove it on failure.

    The temporary name keeps the suffix, because many writers choose a format by it. Missing parent folders are made.
    What killed programs left in the folder is removed.

    Args:
        path: of the file to be.
        durable: the file's bytes are on the disk before the name is, so that a loss of power leaves no empty file.

    Raises:
        UserError: `path` is a folder, device or FIFO or lies below a file, the folder cannot be written, or the disk is
            full.
    """
    path = Path(path)
    _nearest_folder(path)
    stem = os.fsencode(path.stem)[:STEM_BYTES].decode(errors="ignore")
    temporary = path.with_name(f".{stem}.{os.getpid()}-{next(_count)}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        clear_parts(path.parent)
        yield temporary
        if durable:
            sync(temporary)
        temporary.replace(path)
        if durable:
            sync(path.parent)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"cannot write {path}: {reason}; choose another output or free some space.") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def sync(path: str | os.PathLike) -> None:
    """Wait until a file, or a folder's list of names, is on the disk, as far as the file system knows how to."""
    with contextlib.suppress(PermissionError):  # a folder, on Windows
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
                raise
        finally:
            os.close(number)


def clear_parts(folder: Path) -> None:
    """Remove unfinished files of programs that were killed; a program looks into each folder once.

    Those of processes that still run stay. A file that cannot be removed stays too.
    """
    if folder in _cleared:
        return
    _cleared.add(folder)
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            found = PART.fullmatch(path.name)
            if found and not _is_running(int(found[1])):
                with contextlib.suppress(OSError):
                    path.unlink()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def write_bytes(path: str | os.PathLike, data: bytes, durable: bool = True) -> None:
    """Write `data` to `path`, whole or not at all; see `atomic_path`. Raises UserError where that fails."""
    with atomic_path(path, durable) as temporary:
        temporary.write_bytes(data)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write `text` as UTF-8 to `path`, whole or not at all. Raises UserError where that fails."""
    write_bytes(path, text.encode(errors="surrogateescape"))  # names of files may hold any bytes


def write_json(path: str | os.PathLike, value: object) -> None:
    """Write `value` as indented JSON to `path`, whole or not at all. Raises UserError where that fails."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def is_file(path: str | os.PathLike) -> bool:
    """Whether a regular file has this path; false for names that no file can have."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # a name that is too long, or with a zero byte
        return False


def read_bytes(path: str | os.PathLike, limit: int | None = None) -> bytes:
    """All bytes of a regular file; a FIFO, device or socket, which could wait for ever, is never opened to its end.

    Args:
        path: the file, or a symbolic link to one.
        limit: most bytes that are read; None reads any file.

    Raises:
        UserError: missing, unreadable, no regular file, or larger than `limit`.
    """
    try:
        # O_NONBLOCK: opening a FIFO would wait for its writer
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | NOT_WAITING)) as file:  # noqa: PTH123
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UserError(f"{path} is no regular file (a device, FIFO or folder); name a file.")
            if limit is not None and status.st_size > limit:
                raise UserError(
                    f"{path} has {status.st_size:,} bytes, above the limit of {limit:,}; name a smaller file."
                )
            return file.read()
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"cannot read {path}: {reason}; check the path.") from error
    except MemoryError as error:
        raise UserError(f"{path} does not fit into memory; name a smaller file.") from error


def read_json(path: str | os.PathLike) -> dict:
    """Read a JSON object. Raises UserError where the file is missing or is not a JSON object."""
    try:
        value = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid JSON ({error}); write it again or restore it.") from error
    if not isinstance(value, dict):
        raise UserError(f"{path} should hold a JSON object, but holds a {type(value).__name__}.")
    return value


def checksum(path: str | os.PathLike) -> str:
    """The CRC-32 of a file's bytes, eight digits. Raises UserError where it cannot be read."""
    return f"{zlib.crc32(read_bytes(path)):08x}"
