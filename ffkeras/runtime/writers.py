"""Writing what was found, frame by frame: lines of JSON for programs, lines for a reader."""

import contextlib
import json
import os
import time
from collections.abc import Iterator

from ffkeras.errors import UserError
from ffkeras.files import NOT_WAITING
from ffkeras.runtime.live import MILLISECONDS, FrameResult

STANDARD_OUTPUT = "-"
SECONDS_PER_LINE = 1.0  # of a camera or video, for a reader


class JsonLines:
    """One JSON object a line, whole whenever the program ends.

    Args:
        name: a file, which is added to, or STANDARD_OUTPUT.
    """

    def __init__(self, name: str):
        self._name = name
        self._faces_before = True

    def add(self, frame: FrameResult, moving: bool) -> None:
        """Write one picture; of a camera's or video's without a face only the first after one with faces.

        Raises:
            UserError: it cannot be written.
        """
        if frame.faces or self._faces_before or not moving:
            with self._explaining():
                self._write(json.dumps(frame.to_json()))
        self._faces_before = bool(frame.faces)

    def _write(self, line: str) -> None:
        if self._name == STANDARD_OUTPUT:
            print(line, flush=True)
            return
        with open(self._name, "a", encoding="utf-8", opener=_open_without_waiting) as file:  # noqa: PTH123
            # anew each time: the file may be moved meanwhile
            file.write(line + "\n")

    @contextlib.contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:  # whoever read the lines has seen enough
            raise
        except OSError as error:
            name = "standard output" if self._name == STANDARD_OUTPUT else self._name
            reason = error.strerror or str(error)
            raise UserError(f"cannot write {name}: {reason}; choose another file or free some space.") from error


def _open_without_waiting(name: str, flags: int) -> int:
    """A FIFO that nobody reads is an error, instead of something to wait for."""
    return os.open(name, flags | NOT_WAITING, 0o666)


class Speech:
    """Lines for a reader on standard output: one for each picture file, one a second for what moves."""

    def __init__(self):
        self._last = float("-inf")

    def add(self, frame: FrameResult, moving: bool) -> None:
        """Say how many faces there are, how long that took, and how many pictures pass in a second."""
        now = time.monotonic()
        if moving and now - self._last < SECONDS_PER_LINE:
            return
        self._last = now
        faces = f"{len(frame.faces)} {'face' if len(frame.faces) == 1 else 'faces'}"
        rate = f", {frame.rate:.1f} frames/s" if moving else ""
        print(f"{frame.name}: {faces}, {MILLISECONDS * frame.seconds:.0f} ms{rate}", flush=True)
