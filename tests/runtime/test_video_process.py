import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.runtime import video_process
from ffkeras.runtime.sources import BrokenOffError, Source, frame_times, open_video
from ffkeras.runtime.video_process import frame_times_apart, open_video_apart

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="waits for pipes")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 12.5, (96, 64))
    for level in range(0, 250, 10):
        writer.write(np.full((64, 96, 3), level, np.uint8))
    writer.release()
    return Source(path, Path("clip.avi"))


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Puts a shell script in the place of the process that decodes."""

    def put(script):
        path = tmp_path / "python"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setattr(video_process.sys, "executable", str(path))

    return put


def test_frames_are_those_of_the_same_process(clip):
    with open_video_apart(clip) as apart, open_video(clip) as here:
        assert (apart.rate, apart.length) == (here.rate, here.length) == (12.5, 25)
        found, expected = list(apart.frames), list(here.frames)
    assert [(frame.name, frame.seconds) for frame in found] == [(frame.name, frame.seconds) for frame in expected]
    assert all((one.image == other.image).all() for one, other in zip(found, expected, strict=True))


def test_times_are_those_of_the_same_process_and_none_after_a_crash(clip, stand_in):
    assert frame_times_apart(clip.location) == frame_times(clip.location)
    stand_in("kill -SEGV $$")
    assert frame_times_apart(clip.location) == []


def test_a_video_that_cannot_be_read_and_one_that_breaks_off_are_told_as_in_the_same_process(clip, tmp_path):
    data = clip.location.read_bytes()
    for name, content in (("no.avi", b"no video"), ("cut.avi", data[: len(data) // 2])):
        (tmp_path / name).write_bytes(content)
        sentences = []
        for opener in (open_video, open_video_apart):
            with pytest.raises(UserError) as told, opener(Source(tmp_path / name, Path(name))) as stream:
                list(stream.frames)
            sentences.append((type(told.value), str(told.value)))
        assert sentences[0] == sentences[1]


def test_what_came_before_a_crash_is_kept(clip, stand_in):
    frame = 'printf \'{"name": "clip#0", "shape": [1, 2, 3], "seconds": 0.0}\\nabcdef\''
    stand_in(f'echo \'{{"rate": 5, "length": 9}}\'; {frame}; kill -SEGV $$')
    found = []
    with (
        open_video_apart(clip) as stream,
        pytest.raises(BrokenOffError, match="clip.avi crashes OpenCV's video decoder"),
    ):
        found.extend(stream.frames)
    ((name, image, _),) = found
    assert name == "clip#0" and image.tobytes() == b"abcdef"


def test_a_crash_at_once_and_a_decoder_that_hangs_are_sentences(clip, stand_in, monkeypatch):
    stand_in("kill -SEGV $$")
    with pytest.raises(UserError, match="clip.avi crashes OpenCV's video decoder"), open_video_apart(clip):
        pass
    monkeypatch.setattr(video_process, "PATIENCE", 0.3)
    stand_in("exec sleep 60")
    start = time.monotonic()
    with pytest.raises(UserError, match="clip.avi takes longer than"), open_video_apart(clip):
        pass
    assert time.monotonic() - start < 20


def test_leaving_early_ends_the_process(clip, monkeypatch):
    started = []
    popen = video_process.subprocess.Popen
    monkeypatch.setattr(
        video_process.subprocess,
        "Popen",
        lambda *args, **options: started.append(popen(*args, **options)) or started[0],
    )
    with open_video_apart(clip) as stream:
        next(stream.frames)
    assert started[0].returncode is not None
