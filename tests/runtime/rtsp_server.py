"""A network camera: RTSP (RFC 2326) with digest authentication, JPEG over RTP (RFC 2435) within its TCP connection."""

import contextlib
import hashlib
import re
import socket
import struct
import threading
import time
from collections.abc import Iterable

import cv2
import numpy as np

REALM, NONCE, SESSION = "camera", "0a4f113b", "12345678"
JPEG_PAYLOAD = 26  # RTP's number for JPEG
CLOCK = 90_000  # RTP's ticks a second for video
PIECE = 1400  # bytes of a picture in one packet
TABLES_FOLLOW = 255  # the quality that says that quantization tables are in the packet
SAMPLING = {0x21: 0, 0x22: 1}  # of a JPEG's first component -> RFC 2435's type: 4:2:2, 4:2:0


class RtspCamera:
    """Serves pictures in turns, from its start until it is stopped.

    Args:
        pictures: uint8 BGR [H, W, 3], sides multiples of 8 up to 2040.
        user, password: what DESCRIBE and all after it need.
        port: 0 for a free one.
        rate: pictures a second.
        count: pictures of a connection, which then breaks; None for no end.
    """

    def __init__(
        self,
        pictures: Iterable[np.ndarray],
        user: str = "user",
        password: str = "password",
        port: int = 0,
        rate: float = 20.0,
        count: int | None = None,
    ):
        self.frames = [RtpJpeg(picture) for picture in pictures]
        self.user, self.password, self.rate, self.count = user, password, rate, count
        self.refused = 0  # requests with a wrong password
        self.transports: list[str] = []  # that were asked for
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        self._lines: list[socket.socket] = []
        self._stopped = False
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self) -> None:
        """Break all connections and take no new ones."""
        self._stopped = True
        for line in (self._listener, *self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _accept(self) -> None:
        while not self._stopped:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self._lines.append(line)
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), line, line.makefile("rb") as reader:
            while request := _read_request(reader):
                method, url, headers = request
                answer, body = self._answer(method, url, headers)
                head = [f"RTSP/1.0 {answer.pop('')}", f"CSeq: {headers.get('cseq', '0')}"]
                head += [f"{name}: {value}" for name, value in answer.items()]
                line.sendall("\r\n".join([*head, f"Content-Length: {len(body)}", "", body]).encode())
                if method == "PLAY" and head[0].endswith("OK"):
                    self._play(line)
                    return

    def _answer(self, method: str, url: str, headers: dict[str, str]) -> tuple[dict[str, str], str]:
        """Header of the answer, its status under "", and its body."""
        if method == "OPTIONS":
            return {"": "200 OK", "Public": "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"}, ""
        if not self._is_allowed(method, headers.get("authorization", "")):
            self.refused += "authorization" in headers
            challenge = f'Digest realm="{REALM}", nonce="{NONCE}"'
            return {"": "401 Unauthorized", "WWW-Authenticate": challenge}, ""
        if method == "DESCRIBE":
            body = f"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP {JPEG_PAYLOAD}\r\n"
            return {"": "200 OK", "Content-Type": "application/sdp"}, body + "a=control:track1\r\n"
        if method == "SETUP":
            self.transports.append(headers["transport"])
            if "TCP" not in headers["transport"]:
                return {"": "461 Unsupported Transport"}, ""
            return {"": "200 OK", "Transport": "RTP/AVP/TCP;unicast;interleaved=0-1", "Session": SESSION}, ""
        return {"": "200 OK", "Session": SESSION}, ""

    def _is_allowed(self, method: str, given: str) -> bool:
        fields = dict(re.findall(r'(\w+)="([^"]*)"', given))
        ours, asked = _md5(f"{self.user}:{REALM}:{self.password}"), _md5(f"{method}:{fields.get('uri')}")
        expected = _md5(f"{ours}:{NONCE}:{asked}")
        return (fields.get("username"), fields.get("response")) == (self.user, expected)

    def _play(self, line: socket.socket) -> None:
        number, sequence = 0, 0
        while not self._stopped and (self.count is None or number < self.count):
            frame = self.frames[number % len(self.frames)]
            for packet in frame.packets(sequence, round(number * CLOCK / self.rate)):
                line.sendall(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
                sequence += 1
            number += 1
            time.sleep(1 / self.rate)


class RtpJpeg:
    """A picture as RTP packets."""

    def __init__(self, picture: np.ndarray):
        data = cv2.imencode(".jpg", picture)[1].tobytes()
        self._tables, place = b"", 2
        while True:
            marker, length = struct.unpack(">HH", data[place : place + 4])
            part = data[place + 4 : place + 2 + length]
            if marker == 0xFFDB:
                self._tables += b"".join(part[start + 1 : start + 65] for start in range(0, len(part), 65))
            elif marker == 0xFFC0:
                height, width = struct.unpack(">HH", part[1:5])
                self._size = bytes([SAMPLING[part[7]], TABLES_FOLLOW, width // 8, height // 8])
            place += 2 + length
            if marker == 0xFFDA:
                self._scan = data[place:-2]  # without the marker of the end
                return

    def packets(self, sequence: int, ticks: int) -> Iterable[bytes]:
        """The packets, numbered from `sequence`, with the picture's time in ticks."""
        for offset in range(0, len(self._scan), PIECE):
            last = offset + PIECE >= len(self._scan)
            head = struct.pack(">BBHII", 0x80, JPEG_PAYLOAD | last << 7, sequence & 0xFFFF, ticks & 0xFFFFFFFF, 0x5EED)
            tables = struct.pack(">BBH", 0, 0, len(self._tables)) + self._tables if offset == 0 else b""
            yield head + struct.pack(">I", offset) + self._size + tables + self._scan[offset : offset + PIECE]
            sequence += 1


def _read_request(reader) -> tuple[str, str, dict[str, str]] | None:
    """Method, URL and headers in small letters; None at the end."""
    first = reader.readline().decode()
    if not first.strip():
        return None
    method, url, _ = first.split()
    headers = {}
    while field := reader.readline().decode().strip():
        name, _, value = field.partition(":")
        headers[name.lower()] = value.strip()
    return method, url, headers


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
