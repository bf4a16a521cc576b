import csv
import io

import pytest

from ffkeras.runtime.tables import COLUMNS, to_coco, to_csv, to_yolo

POINTS = [[20.0, 30.0], [30.0, 30.0], [25.0, 35.0], [21.0, 40.0], [29.0, 40.0]]
ENTRIES = [
    {"image": "none.jpg", "width": 10, "height": 10, "faces": []},
    {
        "image": 'a, "b".jpg',
        "width": 200,
        "height": 100,
        "faces": [
            {"box": [10.0, 20.0, 40.5, 60.0], "score": 0.9, "landmarks": POINTS},
            {"box": [100.0, 0.0, 200.0, 100.0], "score": 0.5, "landmarks": POINTS},
        ],
    },
]


def test_csv_has_a_line_for_each_face():
    rows = list(csv.DictReader(io.StringIO(to_csv(ENTRIES))))
    assert [row["image"] for row in rows] == ['a, "b".jpg'] * 2
    assert [float(rows[0][name]) for name in COLUMNS[1:]] == [200, 100, 0.9, 10, 20, 40.5, 60, *sum(POINTS, [])]


def test_coco_has_sizes_instead_of_corners_and_keypoints():
    coco = to_coco(ENTRIES)
    assert [(image["id"], image["file_name"]) for image in coco["images"]] == [(1, "none.jpg"), (2, 'a, "b".jpg')]
    first, second = coco["annotations"]
    assert (first["id"], first["image_id"], first["category_id"], second["id"]) == (1, 2, 1, 2)
    assert first["bbox"] == [10.0, 20.0, 30.5, 40.0]
    assert first["area"] == pytest.approx(30.5 * 40)
    assert first["keypoints"][:6] == [20.0, 30.0, 2, 30.0, 30.0, 2]
    assert len(coco["categories"][0]["keypoints"]) == first["num_keypoints"] == 5


def test_yolo_has_centres_and_sizes_as_shares():
    assert to_yolo(ENTRIES[0]) == ""
    assert to_yolo(ENTRIES[1]).splitlines() == [
        "0 0.126250 0.400000 0.152500 0.400000",
        "0 0.750000 0.500000 0.500000 1.000000",
    ]
