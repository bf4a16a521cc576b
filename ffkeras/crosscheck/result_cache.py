"""Results of slow work on files, kept so that an interrupted or repeated command does not pay twice."""

import datetime
import functools
import hashlib
import json
import zlib
from dataclasses import dataclass
from pathlib import Path

from ffkeras.errors import UserError
from ffkeras.files import read_json, write_json

PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Kept:
    """A result from the cache.

    Args:
        value: a JSON object.
        date: the day it was measured, as in 2026-01-31.
    """

    value: dict
    date: str


class ResultCache:
    """A JSON file of results by the content of what they were made from.

    Args:
        path: of the file; a missing or unreadable one starts empty.
    """

    def __init__(self, path: Path):
        self._path = path
        self._entries: dict = {}
        if path.is_file():
            try:
                self._entries = read_json(path)
            except UserError:  # it only saves time
                self._entries = {}

    def find(self, key: str) -> Kept | None:
        """What was kept under `key`."""
        entry = self._entries.get(key)
        return entry and Kept(**entry)

    def keep(self, key: str, value: dict) -> None:
        """Keep a JSON object under `key`, on disk at once. Raises UserError where that fails."""
        self._entries[key] = {"value": value, "date": datetime.date.today().isoformat()}
        write_json(self._path, self._entries)


def content_key(kind: str, model: Path, *settings: object) -> str:
    """A key of one file's content, of ffkeras' own code, and of what else decides the result."""
    digest = hashlib.sha256(model.read_bytes())
    digest.update(json.dumps([code_checksum(), *settings], default=str, sort_keys=True).encode())
    return f"{kind} {model.name} {digest.hexdigest()[:24]}"


@functools.cache
def code_checksum() -> int:
    """A CRC-32 of all of ffkeras: any module may decide a result, and to measure again is cheaper than to err."""
    checksum = 0
    for path in sorted(PACKAGE.rglob("*.py")):
        checksum = zlib.crc32(path.read_bytes(), zlib.crc32(path.relative_to(PACKAGE).as_posix().encode(), checksum))
    return checksum


def kept_note(date: str) -> str:
    """How a report tells that a result is not new."""
    return f"kept from {date}; --fresh measures again"
