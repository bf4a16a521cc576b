"""Faces as JSON that is complete after every picture, however the program ends: a list, or an object a line."""

import contextlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from ffkeras.errors import UserError

STANDARD_OUTPUT = Path("-")
LINE_SUFFIXES = (".jsonl", ".ndjson")
END = b"\n]\n"  # of a list; the next entry is written over it


class EntriesFile:
    """Writes an entry at once. The file is made with the first one, in place of an older file.

    Args:
        path: .jsonl, .ndjson and STANDARD_OUTPUT take an object a line, other files a list of them.
    """

    def __init__(self, path: Path):
        self._path = path
        self._lines = path == STANDARD_OUTPUT or path.suffix.lower() in LINE_SUFFIXES
        self._file = None
        self._end = 0  # where the next entry begins

    def add(self, entry: Mapping) -> None:
        """Write one more entry.

        Raises:
            UserError: it cannot be written; those before it are left as they are.
            BrokenPipeError: whoever reads standard output has seen enough.
        """
        text = json.dumps(entry).encode()
        if self._path == STANDARD_OUTPUT:
            print(text.decode(), flush=True)
            return
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("wb", buffering=0)
            self._write(text)
        except OSError as error:
            reason = error.strerror or str(error)
            raise UserError(f"cannot write {self._path}: {reason}; choose another file or free some space.") from error

    def _write(self, text: bytes) -> None:
        start = b"" if self._lines else b",\n" if self._end else b"[\n"
        end = b"\n" if self._lines else END
        self._file.seek(self._end)
        left = memoryview(start + text + end)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError:
            self._put_back()
            raise
        self._end += len(start) + len(text) + (len(end) if self._lines else 0)

    def _put_back(self) -> None:
        """Leave the file as it was before an entry that does not fit: its old end had room."""
        with contextlib.suppress(OSError):
            self._file.truncate(self._end)
            if self._end and not self._lines:
                self._file.seek(self._end)
                self._file.write(END)
        if not self._end:
            self.close()
            with contextlib.suppress(OSError):
                self._path.unlink()

    def close(self) -> None:
        """No more entries."""
        if self._file is not None:
            self._file.close()
            self._file = None
        elif self._path == STANDARD_OUTPUT and sys.stdout is not None:
            sys.stdout.flush()
