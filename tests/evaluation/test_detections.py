import cv2
import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.evaluation import detect_images, read_detections, write_detections
from ffkeras.runtime import Face


class OneFace:
    """Finds one face of the image's own size."""

    def detect(self, image):
        height, width = image.shape[:2]
        box = np.array([1.234, 2, width, height], np.float32)
        return [Face(box, 0.123456789, np.zeros((5, 2), np.float32))]


class NoFace:
    """Finds nothing."""

    def detect(self, image):
        return []


class Interrupted:
    """Is stopped by the user."""

    def detect(self, image):
        raise KeyboardInterrupt


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.zeros((20, 30, 3), np.uint8))
    return path


def test_corners_become_x_y_w_h_score(image):
    detections, speed = detect_images(OneFace(), {"e/a.jpg": image})
    assert detections["e/a.jpg"].tolist() == [[1.23, 2, 28.77, 18, 0.123457]]
    assert speed > 0


def test_image_without_faces_keeps_its_empty_entry(image):
    detections, _ = detect_images(NoFace(), {"e/a.jpg": image})
    assert detections["e/a.jpg"].shape == (0, 5)


def test_pictures_are_shown_without_colours_where_that_is_asked_for(tmp_path):
    class Recorded(NoFace):
        def detect(self, image):
            shown.append(image)
            return []

    path, shown = tmp_path / "red.png", []
    cv2.imwrite(str(path), np.full((8, 8, 3), (10, 20, 200), np.uint8))
    for grey in (False, True):
        detect_images(Recorded(), {"red": path}, grey)
    assert shown[0][0, 0].tolist() == [10, 20, 200]
    assert len(set(shown[1][0, 0].tolist())) == 1


def test_interruption_passes_through(image):
    with pytest.raises(KeyboardInterrupt):
        detect_images(Interrupted(), {"e/a.jpg": image})


def test_an_unreadable_image_is_noted_and_the_others_are_searched(image, tmp_path):
    (tmp_path / "b.png").write_bytes(b"not an image")
    bad = {}
    detections, _ = detect_images(OneFace(), {"b": tmp_path / "b.png", "a": image}, bad=bad)
    assert {name: len(rows) for name, rows in detections.items()} == {"b": 0, "a": 1}
    assert list(bad) == ["b"] and "b.png is not an image" in bad["b"]


def test_unreadable_image_is_named(tmp_path):
    path = tmp_path / "bad.jpg"
    path.write_bytes(b"")
    with pytest.raises(UserError, match=r"bad\.jpg"):
        detect_images(NoFace(), {"e/bad.jpg": path})


def test_written_detections_read_back_equal(tmp_path):
    detections = {"e/a.jpg": np.array([[1.23, 2, 28.77, 18, 0.123457]]), "e/b.jpg": np.zeros((0, 5))}
    path = tmp_path / "new" / "d.json"
    write_detections(path, detections)
    back = read_detections(path)
    assert back.keys() == detections.keys()
    assert all(np.array_equal(back[name], rows) for name, rows in detections.items())


def test_no_detections_are_still_json(tmp_path):
    write_detections(tmp_path / "d.json", {})
    assert read_detections(tmp_path / "d.json") == {}


@pytest.mark.parametrize(
    "rows",
    [
        "3",
        '"x"',
        "null",
        "[1, 2, 3, 4, 0.5]",
        "[[1, 2, 3, 4]]",
        "[[1, 2, 3, 4, 0.5], [1]]",
        '[["1", "2", "3", "4", "5"]]',
    ],
)
def test_malformed_rows_are_named(tmp_path, rows):
    path = tmp_path / "d.json"
    path.write_text(f'{{"e/a.jpg": {rows}}}')
    with pytest.raises(UserError, match=r"d\.json: 'e/a\.jpg' should be a list"):
        read_detections(path)


@pytest.mark.parametrize("row", ["[1, 2, 3, 4, NaN]", "[1, Infinity, 3, 4, 0.5]", "[1, 2, -3, 4, 0.5]"])
def test_values_without_meaning_are_refused(tmp_path, row):
    path = tmp_path / "d.json"
    path.write_text(f'{{"e/a.jpg": [{row}]}}')
    with pytest.raises(UserError, match="should be a list"):
        read_detections(path)


@pytest.mark.parametrize("text", ["", "[1, 2]", '{"e/a.jpg": [[1,'])
def test_other_or_truncated_json_is_named(tmp_path, text):
    path = tmp_path / "d.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"d\.json"):
        read_detections(path)
