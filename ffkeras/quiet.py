"""Keeping the chatter of C++ libraries off the terminal."""

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator

from ffkeras.errors import UserError

_STDERR = 2


class _Holder:
    """What holds stderr back for as long as any thread asks for it: the first one in begins, the last one out ends."""

    def __init__(self):
        self._lock = threading.Lock()
        self._users = 0
        self._terminal = -1
        self._held = None

    def enter(self) -> None:
        with self._lock:
            if not self._users:
                self._begin()
            self._users += 1

    def leave(self, show: bool) -> None:
        """With `show`, what was held back so far is written after all."""
        with self._lock:
            self._users = max(0, self._users - 1)  # it may have been given back before
            if self._held is None:
                return
            _flush()
            if show:
                self._held.seek(0)
                os.write(self._terminal, self._held.read())
                self._held.truncate(0)
                self._held.seek(0)
            if not self._users:
                self._end()

    def reset(self) -> None:
        """Give stderr back whoever still asks for it."""
        with self._lock:
            self._users = 0
            if self._held is not None:
                _flush()
                self._end()

    def _begin(self) -> None:
        _flush()
        try:
            terminal = os.dup(_STDERR)
        except OSError:  # a program without a console may have closed it
            return
        try:
            held = tempfile.TemporaryFile()  # noqa: SIM115
            os.dup2(held.fileno(), _STDERR)
        except OSError:  # nowhere to hold it, such as on a full disk: then it is shown
            os.close(terminal)
            return
        self._terminal, self._held = terminal, held

    def _end(self) -> None:
        os.dup2(self._terminal, _STDERR)
        os.close(self._terminal)
        self._held.close()
        self._held = None


_HOLDER = _Holder()
_OWN_PROCESS = threading.Event()


def _flush() -> None:
    if sys.stderr is not None:  # as in a program without a console
        with contextlib.suppress(OSError, ValueError):  # or a closed one
            sys.stderr.flush()


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back what is written to stderr inside this context, also by C++ code, which no log level reaches.

    Where the context fails it is shown after all, but for a UserError, whose sentence stands alone. The file descriptor
    belongs to the whole process: other threads are held back as well, until the last context ends.
    """
    _HOLDER.enter()
    show = False
    try:
        yield
    except UserError:
        raise
    except BaseException:
        show = True
        raise
    finally:
        _HOLDER.leave(show)


def end_quiet() -> None:
    """After Ctrl-C, which may come just between the taking of stderr and what gives it back: give it back."""
    _HOLDER.reset()


def own_this_process() -> None:
    """Say that this process is a command of ours, whose stderr may be held back by `quiet_command`."""
    _OWN_PROCESS.set()


@contextlib.contextmanager
def quiet_command() -> Iterator[None]:
    """As `quiet_stderr` in a command of ours; nothing in another program, whose stderr is not ours to change."""
    with quiet_stderr() if _OWN_PROCESS.is_set() else contextlib.nullcontext():
        yield
