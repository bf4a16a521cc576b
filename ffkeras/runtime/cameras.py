"""Opening a camera: by libcamera where Picamera2 knows it, as a Raspberry Pi's own need, else by V4L2."""

import importlib
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from ffkeras.errors import UserError

LIBCAMERA_SIZE = (640, 480)  # width, height: what OpenCV asks of other cameras
LIBCAMERA_FORMAT = "RGB888"  # libcamera names bytes from the last to the first: OpenCV's BGR
USB = "usb@"  # in libcamera's path of a camera that V4L2 serves better

DEVICES = "/dev/video"  # a camera may be named by its V4L2 file as well


class Capture(Protocol):
    """What is used of cv2.VideoCapture."""

    def read(self) -> tuple[bool, np.ndarray | None]:
        """Whether there was a picture, and the picture: uint8 BGR [H, W, 3]."""

    def get(self, property_id: int) -> float:
        """One of OpenCV's CAP_PROP values; 0 where it is not known."""

    def release(self) -> None:
        """Give the camera back."""


def open_camera(location: int | Path) -> Capture:
    """Open a camera; one that is not there shows at the first `read`.

    Args:
        location: a number, first that of libcamera's cameras, then V4L2's; or a V4L2 file such as /dev/video0.

    Raises:
        UserError: libcamera has this camera, but does not give it.
    """
    if isinstance(location, int):
        found = _find_in_libcamera(location)
        if found:
            return found
        return cv2.VideoCapture(location)
    return cv2.VideoCapture(str(location))


def _find_in_libcamera(number: int) -> "_LibcameraCapture | None":
    """The camera of this number that is on the board's own connectors, or None without Picamera2 or such a camera."""
    try:
        module = importlib.import_module("picamera2")
    except ImportError:
        return None
    try:
        known = [info["Num"] for info in module.Picamera2.global_camera_info() if USB not in info["Id"]]
        return _LibcameraCapture(module.Picamera2(known[number])) if number < len(known) else None
    except (RuntimeError, IndexError, OSError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"camera {number} cannot be used ({reason}); end the other program that has it.") from error


class _LibcameraCapture:
    """Picamera2's camera as a `Capture`. Raises RuntimeError where it does not start."""

    def __init__(self, camera):
        self._camera = camera
        try:
            camera.configure(camera.create_video_configuration({"format": LIBCAMERA_FORMAT, "size": LIBCAMERA_SIZE}))
            camera.start()
        except RuntimeError:
            camera.close()
            raise

    def read(self) -> tuple[bool, np.ndarray | None]:
        try:
            return True, self._camera.capture_array()
        except RuntimeError:
            return False, None

    def get(self, property_id: int) -> float:
        return 0.0

    def release(self) -> None:
        self._camera.stop()
        self._camera.close()
