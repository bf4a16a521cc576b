import json

import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.files import write_bytes
from ffkeras.images import read_image
from ffkeras.runtime import FaceDetector
from ffkeras.runtime.live import Meter, detect_frames
from ffkeras.runtime.sources import list_sources


@pytest.fixture
def picture(tmp_path, lamp_image):
    import cv2

    path = tmp_path / "lamp.png"
    write_bytes(path, cv2.imencode(".png", lamp_image)[1].tobytes())
    return path


def test_a_picture_comes_with_its_faces_and_the_time_they_took(lamp_int8, picture):
    (source,) = list_sources([str(picture)])
    meter = Meter()
    (frame,) = detect_frames(source, FaceDetector(lamp_int8), meter)
    (expected,) = FaceDetector(lamp_int8).detect(read_image(picture))
    assert (frame.faces[0].box == expected.box).all()
    assert frame.seconds > 0
    assert (meter.count, meter.seconds) == (1, frame.seconds)
    assert meter.mean_milliseconds == pytest.approx(1000 * frame.seconds)


def test_a_frame_is_one_line_of_json(lamp_int8, picture):
    (source,) = list_sources([str(picture)])
    (frame,) = detect_frames(source, FaceDetector(lamp_int8), Meter())
    line = json.loads(json.dumps(frame.to_json()))
    assert list(line) == ["time", "image", "width", "height", "milliseconds", "frames_per_second", "faces"]
    assert (line["width"], line["height"]) == (128, 96)
    assert line["faces"] == [face.to_json() for face in frame.faces]


def test_the_rate_is_that_of_the_last_two_seconds():
    meter = Meter()
    assert meter.add(0.01, now=10.0) == 0.0
    rates = [meter.add(0.01, now=10.0 + 0.1 * number) for number in range(1, 30)]
    assert rates[-1] == pytest.approx(10.0)
    slow = [meter.add(0.01, now=13.0 + 0.5 * number) for number in range(10)]
    assert slow[-1] == pytest.approx(2.0)
    assert meter.count == 40


def test_a_rate_slower_than_that_is_still_told():
    meter = Meter()
    rates = [meter.add(1.0, now=5.0 * number) for number in range(3)]
    assert rates == [0.0, pytest.approx(0.2), pytest.approx(0.2)]


def test_a_bad_picture_is_one_sentence(lamp_int8, tmp_path):
    (tmp_path / "bad.png").write_bytes(np.random.default_rng(0).bytes(99))
    (source,) = list_sources([str(tmp_path / "bad.png")])
    with pytest.raises(UserError, match=r"bad.png is not an image"):
        list(detect_frames(source, FaceDetector(lamp_int8), Meter()))
