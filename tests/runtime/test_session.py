import errno

import cv2
import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.runtime.detection import Face
from ffkeras.runtime.session import DetectionSession
from ffkeras.runtime.sources import list_sources


class OneFace:
    """Finds the same face everywhere."""

    def detect(self, image, tiles=None):
        return [Face(np.array([2, 3, 12, 13], np.float32), 0.75, np.full((5, 2), 6, np.float32))]


@pytest.fixture
def sources(tmp_path):
    for name in ("a.png", "c.png"):
        cv2.imwrite(str(tmp_path / name), np.full((20, 30, 3), 90, np.uint8))
    (tmp_path / "b.png").write_text("no image")
    return list_sources([str(tmp_path)])


def test_a_bad_source_is_noted_and_the_rest_is_done(sources):
    session = DetectionSession(OneFace(), sources, [None] * 3)
    lines, totals = [], []
    session.run(lines.append, totals.append)
    assert lines == [f"{sources[0].location}: 1 face", f"{sources[2].location}: 1 face"]
    assert [sentence.split(" is ")[0] for sentence in session.bad] == [str(sources[1].location)]
    assert [(entry["width"], entry["height"]) for entry in session.entries] == [(30, 20)] * 2
    assert totals == [3, 3, 3]


def test_what_cannot_be_written_is_noted_and_its_faces_are_kept(sources, tmp_path):
    outputs = [sources[0].location / "a.png", None, tmp_path / "out" / "c.png"]
    session = DetectionSession(OneFace(), sources, outputs)
    session.run(lambda line: None, lambda total: None)
    assert ["nothing can be written below it" in sentence for sentence in session.bad] == [True, False]
    assert [entry["image"] for entry in session.entries] == [str(sources[0].location), str(sources[2].location)]
    assert outputs[2].exists()


def test_a_full_disk_ends_the_run_but_not_what_was_found(sources, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(type(tmp_path), "write_bytes", full)
    session = DetectionSession(OneFace(), sources, [None, None, tmp_path / "c.png"])
    with pytest.raises(UserError, match="No space left"):
        session.run(lambda line: None, lambda total: None)
    assert (len(session.entries), len(session.bad)) == (2, 1)


def test_the_one_who_looks_may_stop(sources):
    seen = []
    session = DetectionSession(OneFace(), sources, [None] * 3, show=lambda image, moving: seen.append(moving))
    session.run(lambda line: None, lambda total: None)
    assert seen == [False]
    assert len(session.entries) == 1
