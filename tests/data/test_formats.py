import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from own_sets import FACES, NAMES, WRITERS, write_coco, write_csv, write_pictures, write_voc, write_yolo

from ffkeras.data.dataset import choose_part, read_dataset, read_sets, split_held_out
from ffkeras.data.findings import Problem
from ffkeras.data.rows import face_classes, split_of
from ffkeras.errors import UserError
from ffkeras.runtime.tables import to_coco, to_csv, to_yolo


def by_name(images):
    return {image.path.name: image for image in images}


def assert_equal_to_faces(images):
    found = by_name(images)
    assert set(found) == {name.split("/")[1] for name in FACES}
    for name, faces in FACES.items():
        image = found[name.split("/")[1]]
        np.testing.assert_allclose(image.boxes, np.array([box for box, _ in faces]).reshape(-1, 4), atol=1e-4)
        assert image.has_landmarks.tolist() == [points is not None for _, points in faces]
        for row, (_, points) in zip(image.landmarks, faces, strict=True):
            np.testing.assert_allclose(row, np.zeros((5, 2)) if points is None else points, atol=1e-4)
        assert not image.ignore.any()
        assert (image.boxes.dtype, image.landmarks.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_gives_the_same_faces(kind, tmp_path):
    WRITERS[kind](tmp_path)
    images = read_dataset([tmp_path])
    assert_equal_to_faces(images)
    if kind != "label":
        training, held_out = split_held_out(images)
        assert (sorted(by_name(training)), sorted(by_name(held_out))) == (["a.jpg", "b.jpg"], ["c.jpg", "none.jpg"])
        assert sorted(by_name(choose_part(images, "val"))) == ["c.jpg", "none.jpg"]


@pytest.mark.parametrize(
    "write",
    [
        lambda folder: write_yolo(folder, yaml=False),
        lambda folder: write_yolo(folder, visibility=False),
        lambda folder: write_csv(folder, columns=("x", "y", "w", "h")),
        lambda folder: write_csv(folder, columns=("xmin", "ymin", "xmax", "ymax"), delimiter=";"),
        lambda folder: write_coco(folder, names=("1", "2", "3", "4", "5")),
    ],
    ids=["no yaml", "two numbers a keypoint", "sizes", "semicolons", "unnamed keypoints"],
)
def test_variants_of_a_format_give_the_same_faces(write, tmp_path):
    write(tmp_path)
    assert_equal_to_faces(read_dataset([tmp_path]))


def test_landmarks_named_from_the_persons_side_are_exchanged_and_told(tmp_path):
    mirrored = {
        name: [(box, points and tuple(points[at] for at in (1, 0, 2, 4, 3))) for box, points in faces]
        for name, faces in FACES.items()
    }
    write_coco(tmp_path, mirrored)
    assert_equal_to_faces(read_dataset([tmp_path]))


def test_order_of_keypoints_follows_their_names(tmp_path):
    order = (2, 0, 1, 4, 3)
    turned = {
        name: [(box, points and tuple(points[at] for at in order)) for box, points in faces]
        for name, faces in FACES.items()
    }
    write_coco(tmp_path, turned, names=[NAMES[at] for at in order])
    assert_equal_to_faces(read_dataset([tmp_path]))


def test_exports_of_a_labelling_service_are_found_where_they_lie(tmp_path):
    """Parts as folders; pictures beside the annotations; data.yaml with ../train/images."""
    write_yolo(tmp_path / "whole", yaml=False)
    for part in ("train", "val"):
        other = {"train": "train", "val": "valid"}[part]
        for kind in ("images", "labels"):
            target = tmp_path / "export" / other / kind
            target.parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "whole" / kind / part).rename(target)
    (tmp_path / "export" / "data.yaml").write_text(
        "train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnc: 1\nnames: ['Face']\n"
    )
    images = read_dataset([tmp_path / "export"])
    assert_equal_to_faces(images)
    assert {image.split for image in images} == {"train", "val"}


def test_a_picture_without_a_label_file_is_background(tmp_path):
    write_yolo(tmp_path)
    (tmp_path / "labels" / "val" / "none.txt").unlink()
    (data,) = read_sets([tmp_path])
    assert [finding.problem for finding in data.findings] == [Problem.NO_LABELS]
    assert_equal_to_faces(read_dataset([tmp_path]))


def test_other_classes_are_left_out(tmp_path):
    write_yolo(tmp_path)
    label = tmp_path / "labels" / "train" / "b.txt"
    label.write_text(label.read_text() + "1 0.5 0.5 0.2 0.2\n")
    (tmp_path / "data.yaml").write_text("train: images/train\nval: images/val\nnames: {0: face, 1: dog}\n")
    assert_equal_to_faces(read_dataset([tmp_path]))


@pytest.mark.parametrize("kind", ["yolo", "coco", "csv"])
def test_what_the_command_writes_is_read_again(kind, tmp_path):
    write_pictures(tmp_path)
    entries = []
    for name, faces in FACES.items():
        found = [
            {"box": list(box), "score": 0.9, "landmarks": [list(point) for point in points or [(1, 1)] * 5]}
            for box, points in faces
        ]
        entries.append({"image": str(tmp_path / name), "width": 120, "height": 80, "faces": found})
    if kind == "csv":
        (tmp_path / "faces.csv").write_text(to_csv(entries))
    elif kind == "coco":
        (tmp_path / "faces.json").write_text(json.dumps(to_coco(entries)))
    else:
        for entry in entries:
            Path(entry["image"]).with_suffix(".txt").write_text(to_yolo(entry))
    found = by_name(read_dataset([tmp_path]))
    for name, faces in FACES.items():
        if faces:
            boxes = [box for box, _ in faces]
            np.testing.assert_allclose(found[name.split("/")[1]].boxes, boxes, atol=0.01)


def test_names_of_another_machine_lead_to_the_pictures(tmp_path):
    write_csv(tmp_path)
    table = tmp_path / "faces.csv"
    table.write_text(table.read_text().replace("train/", "C:\\photos\\train\\").replace("val/", "/home/me/val/"))
    assert_equal_to_faces(read_dataset([tmp_path]))


def test_pictures_of_one_name_are_told_apart_by_their_folders(tmp_path):
    write_pictures(tmp_path, names=["x/1.jpg", "y/1.jpg", "z/1.jpg"])
    (tmp_path / "faces.csv").write_text("image,x1,y1,x2,y2\ny/1.jpg,10,10,30,40\n1.jpg,1,1,9,9\n")
    (data,) = read_sets([tmp_path])
    assert [image.path for image in data.images] == [tmp_path / "y" / "1.jpg"]
    assert [finding.problem for finding in data.findings] == [Problem.MISSING]


def test_voc_entities_are_not_expanded(tmp_path):
    write_voc(tmp_path)
    (tmp_path / "Annotations" / "a.xml").write_text(
        '<!DOCTYPE a [<!ENTITY b "bbbb">]><annotation><filename>&b;</filename></annotation>'
    )
    (data,) = read_sets([tmp_path])
    (finding,) = data.findings
    assert finding.problem == Problem.MALFORMED and "entities" in str(finding)


@given(data=st.binary(max_size=300), kind=st.sampled_from(["label.txt", "data.yaml", "a.json", "a.xml", "a.csv"]))
def test_any_bytes_are_a_finding_or_one_sentence(data, kind, tmp_path_factory):
    folder = tmp_path_factory.mktemp("any")
    begin = {
        "a.json": b'{"images": [], "annotations": [], "categories": []}',
        "a.xml": b"<annotation>",
        "a.csv": b"image,x1,y1,x2,y2\n",
        "data.yaml": b"train: a\n",
    }.get(kind, b"")
    (folder / kind).write_bytes(begin + data)
    try:
        read_dataset([folder])
    except UserError as error:
        assert str(folder) in str(error)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["face", "dog"], {"face"}),
        (["Face"], {"Face"}),
        (["head"], {"head"}),
        (["with_mask", "without_mask"], {"with_mask", "without_mask"}),
        (["face_mask", "face"], {"face_mask", "face"}),
        (["cat", "dog"], None),
        ([], set()),
    ],
)
def test_which_classes_are_faces(names, expected):
    assert face_classes(names) == expected


@pytest.mark.parametrize(
    ("name", "split"),
    [("instances_val2017", "val"), ("valid", "val"), ("Training", "train"), ("test", "test"), ("images", "")],
)
def test_which_part_a_name_means(name, split):
    assert split_of(name) == split
