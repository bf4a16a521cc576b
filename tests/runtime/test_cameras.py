import sys
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.runtime.sources import BrokenOffError, list_sources, open_source

PICTURE = np.full((480, 640, 3), 7, np.uint8)
ON_THE_BOARD = {"Id": "/base/axi/pcie@120000/rp1/i2c@88000/imx708@1a", "Num": 1}
ON_USB = {"Id": "/base/axi/pcie@120000/rp1/usb@200000-1:1.0-046d:0825", "Num": 0}


class Picamera2:
    """What is used of Picamera2's class of this name."""

    known = (ON_USB, ON_THE_BOARD)
    opened = []
    busy = False

    def __init__(self, number):
        self.number, self.state = number, []
        Picamera2.opened.append(self)

    @classmethod
    def global_camera_info(cls):
        return list(cls.known)

    def create_video_configuration(self, main):
        return main

    def configure(self, main):
        assert main["format"] == "RGB888"
        if self.busy:
            raise RuntimeError("Failed to acquire camera: Device or resource busy")

    def start(self):
        self.state.append("started")

    def capture_array(self):
        if self.state.count("picture") == 2:
            raise RuntimeError("Camera frontend has timed out!")
        self.state.append("picture")
        return PICTURE

    def stop(self):
        self.state.append("stopped")

    def close(self):
        self.state.append("closed")


class UsbCamera:
    """What is used of cv2.VideoCapture: one picture, then nothing."""

    def __init__(self, location):
        self.location, self.left = location, 1

    def read(self):
        self.left -= 1
        return self.left >= 0, PICTURE

    def get(self, _):
        return 30.0

    def release(self):
        pass


@pytest.fixture
def picamera2(monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=Picamera2))
    monkeypatch.setattr(Picamera2, "opened", [])
    return Picamera2


@pytest.fixture
def usb(monkeypatch):
    opened = []
    monkeypatch.setattr(cv2, "VideoCapture", lambda at: opened.append(UsbCamera(at)) or opened[-1])
    return opened


def test_the_first_camera_is_the_one_on_the_board_s_connector(picamera2, usb):
    (source,) = list_sources(["0"])
    with pytest.raises(BrokenOffError, match="camera 0 gives no more pictures"), open_source(source) as stream:
        for name, image, _ in stream.frames:
            assert name.startswith("0#")
            assert (image == PICTURE).all()
    (camera,) = picamera2.opened
    assert camera.number == ON_THE_BOARD["Num"]
    assert camera.state == ["started", "picture", "picture", "stopped", "closed"]
    assert usb == []


def test_a_camera_that_another_program_has_is_one_sentence(picamera2, monkeypatch):
    monkeypatch.setattr(picamera2, "busy", True)
    (source,) = list_sources(["0"])
    with (
        pytest.raises(UserError, match="camera 0 cannot be used .*busy.*; end the other"),
        open_source(source),
    ):
        pass
    assert picamera2.opened[0].state == ["closed"]


def test_a_number_that_libcamera_does_not_know_is_a_usb_camera_s(picamera2, usb):
    (source,) = list_sources(["1"])
    with open_source(source) as stream:
        assert next(stream.frames)[0] == "1#0"
    assert [camera.location for camera in usb] == [1]
    assert picamera2.opened == []


def test_without_picamera2_the_first_camera_is_v4l2_s(usb, monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)  # as if it were not installed
    (source,) = list_sources(["0"])
    with open_source(source) as stream:
        assert stream.rate == 30.0
    assert [camera.location for camera in usb] == [0]


def test_a_device_file_is_a_camera_of_v4l2(picamera2, usb, monkeypatch):
    monkeypatch.setattr("pathlib.Path.exists", lambda path: True)
    (source,) = list_sources(["/dev/video2"])
    assert (source.is_camera, source.is_video, str(source.name)) == (True, True, "video2")
    with open_source(source) as stream:
        assert next(stream.frames)[0] == "/dev/video2#0"
    assert [camera.location for camera in usb] == ["/dev/video2"]


def test_a_camera_that_is_pulled_out_is_one_sentence(usb):
    (source,) = list_sources(["3"])
    with open_source(source) as stream:
        next(stream.frames)
        with pytest.raises(BrokenOffError, match="camera 3 gives no more pictures; check its cable"):
            next(stream.frames)
