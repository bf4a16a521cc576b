"""Network cameras that speak RTSP, found, lost and found again by OpenCV's own FFmpeg."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ffkeras.errors import UserError
from ffkeras.images import read_image
from ffkeras.runtime import sources
from ffkeras.runtime.sources import list_sources, open_source
from tests.runtime.rtsp_server import RtspCamera

ROOT = Path(__file__).parents[2]
PASSWORD, IN_ADDRESS = "s3@cret", "s3%40cret"
PICTURES = 5  # of a connection
SECONDS = 120  # until a program counts as stuck
PROGRAMS = {
    "ffkeras detect": ["-m", "ffkeras", "detect", "--model", "nano_b_320"],
    "the Pi's demo": ["tflite/rpi/demo.py"],
}


@pytest.fixture(scope="module")
def photographs():
    """What the camera sees: one face."""
    return [read_image(ROOT / "tests" / "data" / "photos" / "astronaut.jpg")]


def address(port: int, password: str = IN_ADDRESS) -> str:
    return f"rtsp://user:{password}@127.0.0.1:{port}/live"


@pytest.mark.parametrize("program", PROGRAMS)
def test_faces_of_a_camera_that_goes_and_comes_back(program, photographs):
    camera = RtspCamera(photographs, password=PASSWORD, count=PICTURES)
    command = [sys.executable, *PROGRAMS[program], address(camera.port), "--json", "-"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        watch = threading.Timer(SECONDS, process.kill)
        watch.start()
        try:
            lines = [json.loads(process.stdout.readline()) for _ in range(PICTURES)]
            camera.stop()  # switched off: nobody listens
            time.sleep(0.5)
            with RtspCamera(photographs, password=PASSWORD, port=camera.port) as again:
                lines += [json.loads(process.stdout.readline()) for _ in range(2)]
                process.send_signal(signal.SIGINT)
                rest, told = process.communicate(timeout=60)
        finally:
            watch.cancel()
            process.kill()
    assert [entry["image"] for entry in lines] == [
        f"rtsp://127.0.0.1:{camera.port}/live#{n}" for n in range(len(lines))
    ]
    assert all(len(entry["faces"]) == 1 for entry in lines)
    times = [entry["seconds"] for entry in lines if "seconds" in entry]  # the Pi's demo leaves times to the journal
    assert times == sorted(times) and len(times) == (len(lines) if program == "ffkeras detect" else 0)
    assert f"rtsp://127.0.0.1:{camera.port}/live is lost; connecting again in 1 seconds." in told
    assert again.transports and all("TCP" in asked for asked in camera.transports + again.transports)
    for secret in (PASSWORD, IN_ADDRESS, "user:"):
        assert secret not in told + rest + json.dumps(lines)


def test_the_pictures_are_those_of_the_camera(photographs, monkeypatch):
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    with RtspCamera(photographs, password=PASSWORD) as camera:
        with open_source(*list_sources([address(camera.port)])) as stream:
            frame = next(iter(stream.frames))
        assert frame.image.shape == photographs[0].shape
        assert abs(frame.image.astype(int) - photographs[0]).mean() < 3
        assert camera.refused == 0


def test_a_wrong_password_is_one_sentence_without_it(photographs, monkeypatch):
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    monkeypatch.setattr(sources, "SECONDS_TO_CONNECT", 2.0)
    with (
        RtspCamera(photographs, password=PASSWORD) as camera,
        pytest.raises(UserError, match="check the address, user and password") as raised,
        open_source(*list_sources([address(camera.port, "guessed")])),
    ):
        pass
    assert camera.refused
    assert "guessed" not in str(raised.value)
