"""Network cameras, played by a server in this process."""

import contextlib
import http.server
import logging
import socket
import threading

import cv2
import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.runtime import sources
from ffkeras.runtime.sources import BrokenOffError, list_sources, open_source
from ffkeras.runtime.streams import StreamAddress

PICTURES = 6  # that the camera gives before its line breaks


@pytest.fixture
def camera():
    """A camera that sends JPEG pictures over HTTP and drops the line again and again: its port, and its connections."""
    connections = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            connections.append(self.path)
            if len(connections) > 2:
                self.send_error(503)
                return
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            for number in range(PICTURES):
                data = cv2.imencode(".jpg", np.full((48, 64, 3), 40 * number, np.uint8))[1].tobytes()
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                with contextlib.suppress(OSError):
                    self.wfile.write(head.encode() + data + b"\r\n")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, connections
    server.shutdown()
    server.server_close()


def test_a_lost_stream_is_connected_again_and_given_up_in_the_end(camera, monkeypatch, caplog):
    port, connections = camera
    monkeypatch.setattr(sources, "WAITS", (0.01, 0.02))
    (source,) = list_sources([f"http://user:secret@127.0.0.1:{port}/video?token=secret"])
    frames = []
    with caplog.at_level(logging.WARNING), open_source(source) as stream:  # noqa: SIM117
        with pytest.raises(BrokenOffError, match=rf"http://127.0.0.1:{port}/video gives no more pictures"):
            frames.extend(stream.frames)
    assert len(connections) >= 3 and connections[0] == "/video?token=secret"
    assert len(frames) >= PICTURES  # FFmpeg may keep some of a line's last pictures
    assert [frame.seconds for frame in frames] == sorted(frame.seconds for frame in frames)
    assert frames[-1].name == f"http://127.0.0.1:{port}/video#{len(frames) - 1}"
    assert "connecting again" in caplog.text and "secret" not in caplog.text


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_camera_that_never_answers_is_one_sentence_in_time(scheme, monkeypatch):
    monkeypatch.setattr(sources, "SECONDS_TO_CONNECT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"{scheme}://user:secret@127.0.0.1:{silent.getsockname()[1]}/live"
        with pytest.raises(UserError, match="gives no picture within") as raised, open_source(*list_sources([address])):
            pass
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("rtsp://me:p%40ss@cam.local:554/h264?key=1", "rtsp://cam.local:554/h264"),
        ("HTTP://cam/snapshot", "http://cam/snapshot"),
        ("rtsp://me:pa#ss@cam/live", None),
        ("rtsp://[::1/x", None),
        ("http://", None),
    ],
)
def test_an_address_is_told_without_its_secrets(url, told):
    if told is None:
        with pytest.raises(UserError) as raised:
            StreamAddress(url)
        assert "pa" not in str(raised.value).split("names no host")[0]
        return
    assert str(StreamAddress(url)) == repr(StreamAddress(url)) == told


def test_a_path_or_number_is_no_address(tmp_path):
    (tmp_path / "rtsp").mkdir()
    with pytest.raises(UserError, match="holds neither a picture nor a video"):
        list_sources([str(tmp_path / "rtsp")])
