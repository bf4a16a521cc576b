"""One process for each run folder: two would write over each other's logs and checkpoints."""

import os
from pathlib import Path

from ffkeras.errors import UserError

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None

_held: dict[Path, int] = {}  # folder -> file descriptor; the system releases it when the process ends, however it does


def lock_run(folder: Path) -> None:
    """Take a run folder for this process until it ends; the folder is made if need be.

    Nothing is left in the folder. File systems without locks, as some network ones are, are left without.

    Raises:
        UserError: another process trains in the folder, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot write {folder}: {error.strerror}; choose another --output.") from error
    place = folder.resolve()
    if fcntl is None or place in _held:  # Windows opens no folder either
        return
    try:
        number = os.open(place, os.O_RDONLY)
    except OSError as error:
        raise UserError(f"cannot read {folder}: {error.strerror}; choose another --output.") from error
    if not try_lock(number):
        os.close(number)
        raise UserError(f"another process is training in {folder}; wait for its end, or choose another --output.")
    _held[place] = number


def try_lock(number: int) -> bool:
    """Lock an open file or folder for its descriptor, and for processes that inherit it; false where others hold it.

    True also where the file system, or the machine, has no locks.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # no locks here
        return True
    return True


def unlock_run(folder: Path) -> None:
    """Give a run folder back before the process ends."""
    number = _held.pop(folder.resolve(), None)
    if number is not None:
        os.close(number)
