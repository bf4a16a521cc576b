"""Addresses of network cameras and videos, which are told without what is secret in them."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ffkeras.errors import UserError

SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "udp", "tcp", "srt")
ADDRESS = re.compile(rf"({'|'.join(SCHEMES)})://", re.IGNORECASE)


@dataclass(frozen=True, repr=False)
class StreamAddress:
    """A URL. As text it has neither user, password nor query, so that every message may have it.

    Args:
        url: with all that is needed to open it.

    Raises:
        UserError: it names no host.
    """

    url: str

    def __post_init__(self):
        if not self._host():
            raise UserError(f"{self} names no host; write it as rtsp://user:password@camera.local:554/stream.")

    def _host(self) -> str:
        try:
            parts = urlsplit(self.url)
            return f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
        except ValueError:  # brackets or a port that are none
            return ""

    def __str__(self) -> str:
        scheme = self.url.partition("://")[0].lower()
        host = self._host()
        path = urlsplit(self.url).path if host else "..."
        return f"{scheme}://{host}{path}"

    __repr__ = __str__


def is_address(text: str) -> bool:
    """Whether an input is a URL of a kind that is opened as a stream."""
    return ADDRESS.match(text) is not None
