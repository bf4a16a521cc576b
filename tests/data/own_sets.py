"""One small data set, written in every format that is read."""

import csv
import json
from xml.etree import ElementTree

import cv2
import numpy as np

SIZE = (120, 80)  # width, height of the pictures
FACES = {  # picture -> its faces: corners, and five landmarks or None
    "train/a.jpg": [((10, 12, 34, 42), ((16, 22), (28, 22), (22, 28), (17, 35), (27, 35))), ((60, 20, 80, 44), None)],
    "train/b.jpg": [((70, 8, 100, 48), ((78, 20), (92, 20), (85, 29), (79, 38), (91, 38)))],
    "val/c.jpg": [((30, 30, 50, 54), None)],
    "val/none.jpg": [],
}
NAMES = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")


def write_pictures(folder, size=SIZE, names=FACES):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(len(name)).integers(0, 256, (size[1], size[0], 3), np.uint8)
        cv2.imwrite(str(folder / name), noise)


def write_label_txt(folder, faces=FACES):
    write_pictures(folder)
    lines = []
    for name, found in faces.items():
        lines.append(f"# {name}")
        for (x1, y1, x2, y2), points in found:
            marks = "" if points is None else " ".join(f" {x} {y} 0" for x, y in points)
            lines.append(f"{x1} {y1} {x2 - x1} {y2 - y1}{marks}")
    (folder / "label.txt").write_text("\n".join(lines) + "\n")


def write_yolo(folder, faces=FACES, yaml=True, visibility=True):
    write_pictures(folder / "images")
    for name, found in faces.items():
        lines = []
        for (x1, y1, x2, y2), points in found:
            numbers = [(x1 + x2) / 2 / SIZE[0], (y1 + y2) / 2 / SIZE[1], (x2 - x1) / SIZE[0], (y2 - y1) / SIZE[1]]
            if points:
                for x, y in points:
                    numbers += [x / SIZE[0], y / SIZE[1]] + [2] * visibility
            elif visibility and any(marks for _, marks in found):
                numbers += [0] * 15
            lines.append(" ".join(["0", *map(repr, numbers)]))
        path = (folder / "labels" / name).with_suffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
    if yaml:
        text = "train: images/train\nval: images/val\nnames: [face]\n"
        (folder / "data.yaml").write_text(text + f"kpt_shape: [5, {3 if visibility else 2}]\n")


def write_coco(folder, faces=FACES, names=NAMES):
    write_pictures(folder / "images")
    (folder / "annotations").mkdir()
    for part in ("train", "val"):
        images, annotations = [], []
        for number, (name, found) in enumerate(faces.items(), start=7):
            if not name.startswith(part):
                continue
            width, height = SIZE
            images.append({"id": number, "file_name": name.split("/")[1], "width": width, "height": height})
            for (x1, y1, x2, y2), points in found:
                entry = {"id": len(annotations), "image_id": number, "category_id": 3}
                entry |= {"bbox": [x1, y1, x2 - x1, y2 - y1], "iscrowd": 0}
                if points:
                    entry["keypoints"] = [value for x, y in points for value in (x, y, 2)]
                annotations.append(entry)
        category = {"id": 3, "name": "face", "keypoints": list(names)}
        content = {"images": images, "annotations": annotations, "categories": [category]}
        (folder / "annotations" / f"instances_{part}.json").write_text(json.dumps(content))


def write_voc(folder, faces=FACES):
    write_pictures(folder / "JPEGImages")
    (folder / "Annotations").mkdir()
    (folder / "ImageSets" / "Main").mkdir(parents=True)
    for part in ("train", "val"):
        stems = [name.split("/")[1].split(".")[0] for name in faces if name.startswith(part)]
        (folder / "ImageSets" / "Main" / f"{part}.txt").write_text("\n".join(stems) + "\n")
    for name, found in faces.items():
        root = ElementTree.Element("annotation")
        ElementTree.SubElement(root, "filename").text = name.split("/")[1]
        size = ElementTree.SubElement(root, "size")
        for side, value in zip(("width", "height"), SIZE, strict=True):
            ElementTree.SubElement(size, side).text = str(value)
        for corners, points in found:
            entry = ElementTree.SubElement(root, "object")
            ElementTree.SubElement(entry, "name").text = "face"
            box = ElementTree.SubElement(entry, "bndbox")
            for key, value in zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True):
                ElementTree.SubElement(box, key).text = str(value)
            if points:
                ElementTree.SubElement(entry, "has_lm").text = "1"
                marks = ElementTree.SubElement(entry, "lm")
                for number, (x, y) in enumerate(points, start=1):
                    ElementTree.SubElement(marks, f"x{number}").text = str(x)
                    ElementTree.SubElement(marks, f"y{number}").text = str(y)
        stem = name.split("/")[1].split(".")[0]
        ElementTree.ElementTree(root).write(folder / "Annotations" / f"{stem}.xml")


def write_csv(folder, faces=FACES, columns=("x1", "y1", "x2", "y2"), delimiter=","):
    write_pictures(folder)
    with (folder / "faces.csv").open("w", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["image", "split", *columns, *(f"{name}_{axis}" for name in NAMES for axis in "xy")])
        for name, found in faces.items():
            for (x1, y1, x2, y2), points in found:
                box = (x1, y1, x2, y2) if "x2" in columns or "xmax" in columns else (x1, y1, x2 - x1, y2 - y1)
                marks = [value for point in points for value in point] if points else [""] * 10
                writer.writerow([name, name.split("/")[0], *box, *marks])
            if not found:
                writer.writerow([name, name.split("/")[0], *[""] * 14])


WRITERS = {"label": write_label_txt, "yolo": write_yolo, "coco": write_coco, "voc": write_voc, "csv": write_csv}
