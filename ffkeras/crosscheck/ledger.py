"""Results of slow work on files, kept so that an interrupted or repeated command does not pay twice."""

import hashlib
import json
from pathlib import Path

from ffkeras.errors import UserError
from ffkeras.files import read_json, write_json


class Ledger:
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

    def find(self, key: str) -> dict | None:
        """What was kept under `key`."""
        return self._entries.get(key)

    def keep(self, key: str, value: dict) -> None:
        """Keep a JSON object under `key`, on disk at once. Raises UserError where that fails."""
        self._entries[key] = value
        write_json(self._path, self._entries)


def content_key(kind: str, model: Path, *settings: object) -> str:
    """A key of one file's content and of what else decides the result."""
    digest = hashlib.sha256(model.read_bytes())
    digest.update(json.dumps(settings, default=str, sort_keys=True).encode())
    return f"{kind} {model.name} {digest.hexdigest()[:24]}"
