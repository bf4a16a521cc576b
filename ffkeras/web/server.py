"""A static file server for the browser demo, for one's own machine. Needs nothing but Python."""

import functools
import http.server
import sys
import threading
import urllib.parse
from http import HTTPStatus
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
    ".svg": "image/svg+xml",
    ".tflite": "application/octet-stream",
    ".wasm": "application/wasm",
}
POLICY = (  # what the page uses, and nothing else: its own files, WebAssembly, and pictures and videos that users open
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' blob: data:; media-src 'self' blob: mediastream:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-cache",  # a changed model or page shows at the next reload
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SECONDS = 20  # that a connection may take for its request, or for a piece of its answer
MOST_CONNECTIONS = 32  # at a time; a browser opens six


class _Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | TYPES
    timeout = SECONDS
    server_version, sys_version = "ffkeras", ""

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def send_head(self):
        """Only regular files that lie inside the folder, wherever links lead; a folder is its page."""
        found = self._find()
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND, "Not found")
            return None
        return super().send_head()

    def translate_path(self, path: str) -> str:
        return str(self._find() or "")

    def _find(self) -> Path | None:
        """The file that the request names, or None."""
        try:
            text = urllib.parse.unquote(self.path.split("?", 1)[0].split("#", 1)[0], errors="strict")
            parts = text.split("/")
            if "\\" in text or any(part.startswith(".") for part in parts):
                return None
            root = Path(self.directory).resolve(strict=True)
            found = root.joinpath(*filter(None, parts)).resolve(strict=True)
            if found.is_dir():
                found = (found / PAGE).resolve(strict=True) if text.endswith("/") else None
            inside = found is not None and found.is_relative_to(root) and found.is_file()
        except (OSError, ValueError, RuntimeError):  # no such file, a zero byte, no UTF-8, links in a ring
            return None
        return found if inside else None

    def log_message(self, *_: object) -> None:
        """Requests are not listed; the one line that matters is the address."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *arguments):
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(*arguments)

    def process_request(self, request: object, client_address: object) -> None:
        """Answer in a thread; beyond the bound a connection is closed at once."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread could be started
            self._free.release()
            raise

    def process_request_thread(self, request: object, client_address: object) -> None:
        """As the base class; then there is room for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves, or waits too long, in the middle of an answer is no error."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
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
