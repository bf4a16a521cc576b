import os
import signal
import sys

import cv2
import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.runtime import picture_process
from ffkeras.runtime.picture_process import PictureProcess

IMAGE = np.random.default_rng(0).integers(0, 256, (300, 200, 3), np.uint8)
DYING = """
import os, sys, time
for line in sys.stdin:
    name = bytes.fromhex(line).decode()
    if "crash" in name:
        os.abort()
    if "half" in name:
        print('{"shape": [9, 9, 3]}', flush=True)
        os.abort()
    if "slow" in name:
        time.sleep(99)
    print('{"shape": [1, 1, 3]}\\\\nabc', end="", flush=True)
"""


@pytest.fixture
def pictures():
    with PictureProcess() as pictures:
        yield pictures


def test_pictures_and_sentences_come_through(pictures, tmp_path):
    for name in ("a.png", os.fsdecode(b"\xe9\n.png")):
        (tmp_path / name).write_bytes(cv2.imencode(".png", IMAGE)[1].tobytes())
        np.testing.assert_array_equal(pictures.read(tmp_path / name), IMAGE)
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(UserError, match="text.png is not an image"):
        pictures.read(tmp_path / "text.png")
    os.kill(pictures._process.pid, signal.SIGSEGV)
    pictures._process.wait()
    np.testing.assert_array_equal(pictures.read(tmp_path / "a.png"), IMAGE)


def test_a_file_that_kills_the_process_is_one_sentence_and_the_next_is_read(pictures, tmp_path, monkeypatch):
    popen = picture_process.subprocess.Popen
    code = DYING.replace("\\\\n", "\\n")
    monkeypatch.setattr(
        picture_process.subprocess, "Popen", lambda _, **options: popen([sys.executable, "-c", code], **options)
    )
    monkeypatch.setattr(picture_process, "PATIENCE", 5.0)
    assert pictures.read("good").tolist() == [[[97, 98, 99]]]
    for name, sentence in (("crash", "crash crashes"), ("half", "half crashes"), ("slow", "slow takes longer than 5")):
        with pytest.raises(UserError, match=sentence):
            pictures.read(name)
        assert pictures.read("good").shape == (1, 1, 3)
