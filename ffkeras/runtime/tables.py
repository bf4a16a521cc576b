"""Faces in the formats that other programs read: CSV, COCO JSON and YOLO text.

An entry is what `DetectionSession` keeps of a picture: `image`, `width`, `height`, and `faces` as `Face.to_json` gives.
"""

import csv
import io
from collections.abc import Iterable, Mapping

POINTS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")  # as seen in the image
COLUMNS = (
    "image",
    "width",
    "height",
    "score",
    "x1",
    "y1",
    "x2",
    "y2",
    *(f"{p}_{axis}" for p in POINTS for axis in "xy"),
)
VISIBLE = 2  # COCO's flag of a keypoint that is there


def to_csv(entries: Iterable[Mapping]) -> str:
    """A line for each face, in pixels, under a line of COLUMNS; a picture without a face has none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        for face in entry["faces"]:
            points = [value for point in face["landmarks"] for value in point]
            writer.writerow([entry["image"], entry["width"], entry["height"], face["score"], *face["box"], *points])
    return text.getvalue()


def to_coco(entries: Iterable[Mapping]) -> dict:
    """A COCO data set with one category, boxes (x, y, width, height) in pixels, scores, and landmarks as keypoints."""
    images, annotations = [], []
    for number, entry in enumerate(entries, start=1):
        images.append({"id": number, "file_name": entry["image"], "width": entry["width"], "height": entry["height"]})
        for face in entry["faces"]:
            x1, y1, x2, y2 = face["box"]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": 1,
                    "bbox": [x1, y1, round(x2 - x1, 2), round(y2 - y1, 2)],
                    "area": round((x2 - x1) * (y2 - y1), 2),
                    "iscrowd": 0,
                    "score": face["score"],
                    "keypoints": [value for x, y in face["landmarks"] for value in (x, y, VISIBLE)],
                    "num_keypoints": len(face["landmarks"]),
                }
            )
    category = {"id": 1, "name": "face", "supercategory": "person", "keypoints": list(POINTS), "skeleton": []}
    return {"images": images, "annotations": annotations, "categories": [category]}


def to_yolo(entry: Mapping) -> str:
    """A line `0 cx cy w h` for each face of one picture, as shares of its width and height; no face, no line."""
    lines = []
    for face in entry["faces"]:
        x1, y1, x2, y2 = face["box"]
        width, height = entry["width"], entry["height"]
        shares = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)
        lines.append(" ".join(["0", *(f"{share:.6f}" for share in shares)]) + "\n")
    return "".join(lines)
