from pathlib import Path

import cv2
import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.runtime.sinks import open_sink, output_paths
from ffkeras.runtime.sources import Source

GREY = np.full((48, 64, 3), 99, np.uint8)


def source(location, name=None):
    return Source(location, Path(name or Path(str(location)).name))


def names(sources):
    return [str(path.relative_to("out")) for path in output_paths(sources, Path("out"))]


def test_equal_names_from_different_folders_get_paths_of_their_own():
    sources = [source(Path("a/x.jpg")), source(Path("b/x.jpg")), source(Path("c/x_2.jpg")), source(Path("d/X.JPG"))]
    assert names(sources) == ["x.jpg", "x_2.jpg", "x_2_2.jpg", "X_3.JPG"]


def test_files_of_a_folder_keep_their_place_in_it():
    assert names([source(Path("d/x/1.png"), "x/1.png"), source(Path("d/y/1.png"), "y/1.png")]) == ["x/1.png", "y/1.png"]


def test_videos_and_cameras_become_mp4_and_odd_formats_jpg():
    sources = [source(Path("v.avi")), source(Path("v.mp4")), source(0, "camera_0"), source(Path("scan"))]
    assert names(sources) == ["v.mp4", "v_2.mp4", "camera_0.mp4", "scan.jpg"]


def test_a_source_is_never_overwritten(tmp_path):
    with pytest.raises(UserError, match="would overwrite its source"):
        output_paths([source(tmp_path / "a" / ".." / "x.jpg")], tmp_path)


def test_an_image_is_written_in_the_format_of_its_name(tmp_path):
    with open_sink(tmp_path / "new" / "x.png", 0) as write:
        write(GREY)
    assert np.array_equal(cv2.imread(str(tmp_path / "new" / "x.png")), GREY)


@pytest.mark.parametrize("rate", [7.5, 25, 30000 / 1001, 240])
def test_a_video_holds_every_frame_at_its_rate(rate, tmp_path):
    path = tmp_path / "clip.mp4"
    with open_sink(path, rate) as write:
        for _ in range(6):
            write(GREY)
        assert not path.exists()
    written = cv2.VideoCapture(str(path))
    assert int(written.get(cv2.CAP_PROP_FRAME_COUNT)) == 6
    assert written.get(cv2.CAP_PROP_FPS) == pytest.approx(rate, rel=0.01)
    assert [entry.name for entry in tmp_path.iterdir()] == ["clip.mp4"]


def test_an_interrupted_video_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), open_sink(tmp_path / "clip.mp4", 25) as write:
        write(GREY)
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_video_that_cannot_be_encoded_is_one_sentence(tmp_path):
    with (
        pytest.raises(UserError, match="cannot write .*clip.mp4: the video is not whole"),
        open_sink(tmp_path / "clip.mp4", 25) as write,
    ):
        write(GREY[:1, :1])
    assert list(tmp_path.iterdir()) == []


def test_a_timed_video_shows_each_picture_until_the_next(tmp_path):
    with open_sink(tmp_path / "clip.mp4", 10.0, timed=True) as write:
        for level, seconds in ((0, 0.0), (120, 0.1), (240, 0.7)):
            write(np.full((48, 64, 3), level, np.uint8), seconds)
    video = cv2.VideoCapture(str(tmp_path / "clip.mp4"))
    levels = [round(video.read()[1].mean() / 120) for _ in range(8)]
    assert levels == [0, 1, 1, 1, 1, 1, 1, 2]
    assert not video.read()[0]
