"""A static file server for the browser demo, for one's own machine. Needs nothing but Python."""

import functools
import http.server
import sys
from pathlib import Path

from ffkeras.errors import UserError

PAGE = "index.html"
TYPES = {  # whatever the machine's own table says: browsers refuse modules and WebAssembly of another type
    ".css": "text/css",
    ".gz": "application/gzip",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".tflite": "application/octet-stream",
    ".wasm": "application/wasm",
}


class _Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | TYPES

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")  # a changed model or page shows at the next reload
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Requests are not listed; the one line that matters is the address."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves in the middle of an answer is no error."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def make_server(folder: Path, host: str, port: int) -> http.server.ThreadingHTTPServer:
    """A server of `folder` that listens; `serve_forever` answers, `server_port` is its port.

    Args:
        folder: what to serve; it holds the page.
        host: address or name to listen on; "127.0.0.1" is this machine alone.
        port: 0 takes a free one.

    Raises:
        UserError: no page in the folder, or the address cannot be used.
    """
    if not (folder / PAGE).is_file():
        raise UserError(f"{folder} holds no {PAGE}; name the folder of the web demo.")
    try:
        return _Server((host, port), functools.partial(_Handler, directory=str(folder)))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"cannot listen on {host} port {port}: {reason}; choose another --port or --host.") from error
