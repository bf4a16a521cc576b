"""Each mistake that people make with labels is found, in every format that it can be made in."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from own_sets import FACES, SIZE, write_coco, write_csv, write_label_txt, write_pictures, write_voc, write_yolo

from ffkeras.data.check import band_counts, check_set
from ffkeras.data.dataset import check_sets, read_dataset, read_sets
from ffkeras.data.findings import Effect, Problem
from ffkeras.data.sheet import CELL, choose, draw_sheet
from ffkeras.errors import UserError
from ffkeras.image_header import end_is_missing, read_header


def problems(folder):
    (data,) = read_sets([folder])
    checked = check_set(data)
    return [finding.problem for finding in checked.findings], checked


def changed(change):
    """FACES with every box and its landmarks put through a function."""
    return {name: [change(np.array(box, float), points) for box, points in faces] for name, faces in FACES.items()}


def write_lines(folder, lines, size=(512, 512), count=20):
    write_pictures(folder, size, [f"{number}.jpg" for number in range(count)])
    text = "".join(f"# {number}.jpg\n{lines}\n" for number in range(count))
    (folder / "label.txt").write_text(text)


@pytest.mark.parametrize("write", [write_label_txt, write_yolo, write_coco, write_voc, write_csv])
def test_a_good_set_has_no_findings(write, tmp_path):
    write(tmp_path)
    found, checked = problems(tmp_path)
    assert found == []
    assert "4 pictures" in checked.summary() and "4 faces, 2 of them with landmarks" in checked.summary()
    assert sum(count for _, count in band_counts(checked.heights())) == 4


def shares(box, points):
    scale = np.array(SIZE * 2, float)
    return tuple(box / scale), points


def sizes_as_corners(box, points):
    """What a writer of x y w h puts where corners are meant: x2 y2 = w h."""
    return (box[0] + 60, box[1] + 40, box[2] - box[0], box[3] - box[1]), points


def corners_as_sizes(box, points):
    return (box[0], box[1], box[0] + box[2], box[1] + box[3]), points


@pytest.mark.parametrize(
    ("write", "change", "problem"),
    [
        (write_label_txt, shares, Problem.NOT_PIXELS),
        (write_coco, shares, Problem.NOT_PIXELS),
        (write_voc, shares, Problem.NOT_PIXELS),
        (write_csv, shares, Problem.NOT_PIXELS),
        (write_voc, sizes_as_corners, Problem.SIZES),
        (write_csv, sizes_as_corners, Problem.SIZES),
        (write_label_txt, corners_as_sizes, Problem.CORNERS),
        (write_coco, corners_as_sizes, Problem.CORNERS),
    ],
)
def test_numbers_of_another_meaning_stop_everything(write, change, problem, tmp_path):
    write(tmp_path, changed(change))
    found, checked = problems(tmp_path)
    assert problem in found and checked.stops
    with pytest.raises(UserError) as raised:
        read_dataset([tmp_path])
    assert problem.title in str(raised.value) and problem.advice in str(raised.value)


def test_pixels_in_yolo_stop_everything(tmp_path):
    write_yolo(tmp_path)
    label = tmp_path / "labels" / "train" / "a.txt"
    label.write_text("0 22 27 24 30\n0 70 32 20 24\n")
    found, _ = problems(tmp_path)
    assert found == [Problem.NOT_SHARES]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0.342 0.084 0.203 0.258", {Problem.NOT_PIXELS}),
        ("175 43 279 175", {Problem.CORNERS}),
        ("279 175 -104 -132", {Problem.NO_AREA, Problem.NO_FACES}),
        ("2175 43 104 132", {Problem.OUTSIDE, Problem.NO_FACES}),
        ("175 43 104 132" + " 0 0 0" * 5, {Problem.LANDMARKS_ZERO}),
        ("175 43 104 132 0.4 0.2 0 0.5 0.2 0 0.4 0.24 0 0.4 0.27 0 0.47 0.28 0", {Problem.LANDMARKS_NOT_PIXELS}),
        ("175 43 104 132 900 20 0 950 20 0 925 50 0 905 80 0 945 80 0", {Problem.LANDMARKS_FAR}),
        ("175 43 104 1e39", {Problem.MALFORMED, Problem.NO_FACES}),
        ("175 43 104 132" + " 200 120 0" * 4 + " 1e300 1 0", {Problem.MALFORMED, Problem.NO_FACES}),
        ("175 43 104 132", set()),
        ("20 20 450 440", set()),  # a portrait fills its picture: no corners
    ],
)
def test_one_mistake_in_all_lines(line, expected, tmp_path):
    write_lines(tmp_path, line)
    found, _ = problems(tmp_path)
    stopped = {problem for problem in expected if problem.effect == Effect.STOP} - {Problem.NO_FACES}
    assert set(found) == (expected - {Problem.NO_FACES} if stopped else expected)


def test_random_good_sets_are_never_doubted(tmp_path):
    rng = np.random.default_rng(0)
    for trial in range(20):
        faces = {}
        for name in FACES:
            side = rng.uniform(8, 70)
            x, y = rng.uniform(0, SIZE[0] - side * 0.8), rng.uniform(0, SIZE[1] - side)
            faces[name] = [((x, y, x + 0.8 * side, y + side), None)]
        for kind, write in (("l", write_label_txt), ("v", write_voc), ("c", write_csv)):
            folder = tmp_path / f"{kind}{trial}"
            folder.mkdir()
            write(folder, faces)
            assert problems(folder)[0] == [], faces


def test_everything_that_is_wrong_is_listed_at_once_and_the_rest_is_used(tmp_path):
    write_label_txt(tmp_path)
    names = ["missing.jpg", "text.jpg", "cut.jpg", "huge.png", "face.jpg", "good.jpg"]
    write_pictures(tmp_path, names=names[1:])
    (tmp_path / "text.jpg").write_text("no picture")
    data = (tmp_path / "cut.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(data[: len(data) // 2])
    label = tmp_path / "label.txt"
    extra = "".join(f"# {name}\n10 10 20 20\n" for name in names).replace(
        "# face.jpg\n", "# face.jpg\n5 5 0 9\n900 9 9 9\n"
    )
    label.write_text(label.read_text() + extra)
    found, checked = problems(tmp_path)
    assert sorted(problem.name for problem in found) == ["MISSING", "NO_AREA", "OUTSIDE", "TRUNCATED", "UNREADABLE"]
    images = read_dataset([tmp_path])
    assert {image.path.name for image in images} >= {"a.jpg", "good.jpg", "face.jpg"}
    (with_bad,) = [image for image in images if image.path.name == "face.jpg"]
    assert with_bad.ignore.tolist() == [True, True, False]
    assert not checked.stops


def test_malformed_lines_are_all_named(tmp_path):
    write_label_txt(tmp_path)
    label = tmp_path / "label.txt"
    label.write_text(label.read_text() + "1 2 three 4\n# x.jpg\n1 2 3\n")
    with pytest.raises(UserError) as raised:
        read_dataset([tmp_path])
    assert "'1 2 three 4'" in str(raised.value) and "'1 2 3'" in str(raised.value)


def test_labels_of_another_size_leave_the_picture_out(tmp_path):
    write_coco(tmp_path)
    write_pictures(tmp_path / "images", SIZE[::-1], ["train/a.jpg"])
    found, checked = problems(tmp_path)
    assert found == [Problem.OTHER_SIZE]
    assert "a.jpg" not in {image.path.name for image in checked.images}


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp"])
def test_half_a_file_has_no_end(suffix):
    data = cv2.imencode(suffix, np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8))[1].tobytes()
    kind = read_header(data).kind
    assert not end_is_missing(data, kind)
    assert end_is_missing(data[: len(data) * 2 // 3], kind)
    assert end_is_missing(data[:40], kind)


def test_a_set_named_twice_is_checked_once_and_counts_twice(tmp_path, caplog):
    write_yolo(tmp_path)
    with caplog.at_level("INFO"):
        checked = check_sets(read_sets([tmp_path, tmp_path]))
    assert len(checked) == 2
    assert caplog.text.count("YOLO text") == 1


def test_the_sheet_shows_boxes_and_names_pictures_that_cannot_be_read(tmp_path):
    write_label_txt(tmp_path)
    images = read_dataset([tmp_path])
    (tmp_path / "val" / "c.jpg").write_bytes(b"gone")
    sheet = draw_sheet(choose(images))
    assert sheet.shape == (CELL[1], 4 * CELL[0], 3)
    assert (sheet == (80, 220, 60)).all(axis=2).sum() > 50


def test_the_sheet_takes_pictures_with_faces_first(tmp_path):
    write_label_txt(tmp_path)
    images = read_dataset([tmp_path])
    assert [image.path.name for image in choose(images, 2)] == ["a.jpg", "c.jpg"]
    assert [image.path.name for image in choose(images, 9)][-1] == "none.jpg"
