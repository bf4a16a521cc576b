import threading
from collections import Counter

import cv2
import numpy as np
import pytest

from ffkeras import quiet
from ffkeras.errors import UserError
from ffkeras.runtime.sources import BrokenOffError, list_sources, open_source, varying_rate


@pytest.fixture
def folder(tmp_path):
    for name in ("b.jpg", "a.png", "inner/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), np.full((20, 30, 3), 90, np.uint8))
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


def write_video(path, count, rate=12.0, noise=0):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), rate, (64, 48))
    for number in range(count):
        grain = np.random.default_rng(number).integers(0, noise + 1, (48, 64, 3))
        writer.write((20 * number + grain).clip(0, 255).astype(np.uint8))
    writer.release()


@pytest.fixture
def in_a_command(monkeypatch):
    """As in a command of ours, which may hold back what libraries say."""
    monkeypatch.setattr(quiet, "_OWN_PROCESS", threading.Event())
    quiet.own_this_process()


def test_a_folder_gives_its_images_by_their_place_inside(folder):
    sources = list_sources([str(folder)])
    assert [str(source.name) for source in sources] == ["a.png", "b.jpg", "inner/a.png"]


def test_a_bare_number_is_a_camera_unless_it_names_a_file(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "7").write_bytes((folder / "b.jpg").read_bytes())
    camera, file = list_sources(["3", "7"])
    assert (camera.location, camera.is_camera, camera.is_video) == (3, True, True)
    assert (file.is_camera, file.is_video) == (False, False)


def test_a_missing_input_is_one_sentence(folder):
    with pytest.raises(UserError, match="nowhere.jpg does not exist"):
        list_sources([str(folder), str(folder / "nowhere.jpg")])


def test_an_image_is_one_frame_under_its_path(folder):
    (source,) = list_sources([str(folder / "b.jpg")])
    with open_source(source) as stream:
        ((name, image, seconds),) = stream.frames
    assert (name, seconds) == (str(folder / "b.jpg"), None)
    assert image.shape == (20, 30, 3)
    assert stream.length == 1


def test_a_garbled_image_is_one_sentence(in_a_command, tmp_path, capfd):
    data = bytearray(cv2.imencode(".png", np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8))[1])
    data[5000:5100] = bytes(100)
    (tmp_path / "bad.png").write_bytes(data)
    (source,) = list_sources([str(tmp_path / "bad.png")])
    with pytest.raises(UserError, match="bad.png is not an image"), open_source(source):
        pass
    assert capfd.readouterr().err == ""


def test_a_video_gives_numbered_frames_and_its_rate(tmp_path):
    path = tmp_path / "clip.avi"
    write_video(path, 5)
    (source,) = list_sources([str(path)])
    with open_source(source) as stream:
        frames = list(stream.frames)
    assert [frame.name for frame in frames] == [f"{path}#{number}" for number in range(5)]
    assert [round(frame.image.mean() / 20) for frame in frames] == [0, 1, 2, 3, 4]
    assert (stream.rate, stream.length) == (12.0, 5)
    assert [frame.seconds for frame in frames] == [0.0, 0.083, 0.167, 0.25, 0.333]


def test_a_video_cut_in_half_gives_its_frames_and_then_says_so(tmp_path):
    path = tmp_path / "clip.avi"
    write_video(path, 10, noise=255)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (source,) = list_sources([str(path)])
    names = []
    with (
        open_source(source) as stream,
        pytest.raises(BrokenOffError, match=r"clip.avi broke off after \d of 10 frames"),
    ):
        names.extend(frame.name for frame in stream.frames)
    assert 3 <= len(names) <= 7


class Recording:
    """A capture of ten frames at 10 per second whose container tells `length` and shows frames until `seconds`."""

    def __init__(self, length, seconds):
        self.values = {cv2.CAP_PROP_FRAME_COUNT: length, cv2.CAP_PROP_FPS: 10.0, cv2.CAP_PROP_POS_MSEC: seconds * 1000}
        self.left = 10

    def read(self):
        self.left -= 1
        return self.left >= 0, np.zeros((4, 4, 3), np.uint8)

    def get(self, name):
        return self.values.get(name, 0.0)

    def release(self):
        pass


@pytest.mark.parametrize(
    ("length", "seconds"),
    [(0.0, 1.0), (-1.0, 0.0), (9.0, 1.0), (12.0, 1.0), (1000.0, 99.0)],
    ids=["unknown", "negative", "one more", "two fewer", "varying rate"],
)
def test_a_container_may_count_otherwise(length, seconds, tmp_path, monkeypatch):
    path = tmp_path / "clip.avi"
    path.touch()
    monkeypatch.setattr(cv2, "VideoCapture", lambda at: Recording(length, seconds))
    with open_source(list_sources([str(path)])[0]) as stream:
        assert len(list(stream.frames)) == 10


@pytest.mark.parametrize("name", ["bad.mp4", "clip1.avi"])
def test_a_broken_video_is_one_sentence(in_a_command, name, tmp_path, capfd):
    (tmp_path / name).write_bytes(np.random.default_rng(0).bytes(2000))
    (source,) = list_sources([str(tmp_path / name)])
    with pytest.raises(UserError, match=f"{name} is not a video"), open_source(source):
        pass
    assert capfd.readouterr().err == ""


def test_a_camera_that_is_not_there_is_one_sentence():
    (source,) = list_sources(["97"])
    with pytest.raises(UserError, match="camera 97 gives no picture"), open_source(source):
        pass


CASES = {  # times in seconds -> the rate at which a video shows each frame in time, None where it is even
    "even": ([n / 25 for n in range(50)], 25.0, None),
    "jitter of milliseconds": ([round(n / 30, 2) for n in range(50)], 30.0, None),
    "a pause": ([n / 30 for n in range(30)] + [3 + n / 30 for n in range(30)], 12.0, 30.0),
    "slower and slower": ([0.0, 0.05, 0.1, 0.15, 0.2, 0.6, 1.2, 1.8, 2.4], 3.5, 20.0),
    "one frame": ([0.0], 25.0, None),
    "no times": ([0.0] * 9, 25.0, None),
}


@pytest.mark.parametrize("case", CASES)
def test_which_videos_have_a_varying_rate(case):
    times, rate, expected = CASES[case]
    assert varying_rate(times, rate) == expected


@pytest.mark.parametrize("turn", [90, 180, 270, 0])
def test_a_video_is_turned_as_its_container_says(tmp_path, monkeypatch, turn):
    """Whether or not OpenCV would do it by itself: it is told not to."""
    path, told = tmp_path / "clip.mp4", []
    path.touch()
    image = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)

    class Turned:
        left = 2

        def set(self, name, value):
            told.append((name, value))

        def get(self, name):
            return {cv2.CAP_PROP_ORIENTATION_META: float(turn), cv2.CAP_PROP_FPS: 10.0}.get(name, 0.0)

        def read(self):
            self.left -= 1
            return self.left >= 0, image

        def release(self):
            pass

    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: Turned())
    with open_source(list_sources([str(path)])[0]) as stream:
        frames = list(stream.frames)
    assert told == [(cv2.CAP_PROP_ORIENTATION_AUTO, 0)]
    np.testing.assert_array_equal(frames[1].image, np.rot90(image, -turn // 90))


@pytest.mark.parametrize("decodes", [False, True])
def test_what_a_folder_holds_besides_is_counted_by_kind(tmp_path, monkeypatch, decodes):
    monkeypatch.setattr("ffkeras.runtime.sources.can_decode", lambda kind: decodes or kind != "HEIC")
    cv2.imwrite(str(tmp_path / "a.jpg"), np.zeros((9, 9, 3), np.uint8))
    (tmp_path / "b.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    (tmp_path / "c.heic").write_bytes(b"\0\0\0\x18ftypmif1" + bytes(40))
    (tmp_path / "d.txt").write_text("words")
    (tmp_path / ".hidden.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "clip").write_bytes(b"\x1a\x45\xdf\xa3" + bytes(40))
    skipped = Counter()
    found = list_sources([str(tmp_path)], skipped)
    pictures = ["a.jpg", "b.heic", "c.heic"] if decodes else ["a.jpg"]
    assert [(source.name.name, source.is_video) for source in found] == [
        *((name, False) for name in pictures),
        ("clip", True),
    ]
    assert skipped == ({"text": 1} if decodes else {"HEIC": 2, "text": 1})
