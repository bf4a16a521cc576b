import json
from pathlib import Path

import numpy as np
import pytest

from ffkeras.benchmark import read_subject
from ffkeras.benchmark.peers.blazeface import BlazeFace
from ffkeras.benchmark.peers.peer import logit
from ffkeras.benchmark.peers.prior_boxes import SlimWithLandmarks, UltraLight
from ffkeras.benchmark.peers.yunet import YuNet
from ffkeras.geometry import iou_matrix
from ffkeras.images import read_image
from ffkeras.runtime.output import Output

PHOTOS = Path(__file__).resolve().parents[1] / "data" / "photos"
LABELS = {entry["image"]: entry["faces"][0] for entry in json.loads((PHOTOS / "faces.json").read_text())[:1]}
FILES = [  # file, kind, input size, gives five landmarks of use: Slim's converted file misplaces those at stride 16
    ("yunet_n_640_int8", "YuNet", (640, 640), True),
    ("yunet_n_320_int8", "YuNet", (320, 320), True),
    ("yunet_n_320_float32", "YuNet", (320, 320), True),
    ("slim_landmark_320_int8", "Slim + landmarks", (320, 320), False),
    ("ultralight_rfb_320x240_float32", "Ultra-Light", (240, 320), False),
    ("blazeface_full_192_float32", "BlazeFace", (192, 192), False),
    ("blazeface_short_128_float16", "BlazeFace", (128, 128), False),
]


def outputs(rows: int, **columns: np.ndarray):
    """Raw outputs by shape, from arrays named by their number of columns: `c4=...`."""
    found = {}
    for name, values in columns.items():
        found.setdefault((rows, int(name[1:].rstrip("b"))), []).append(Output(values.astype(np.float32)))
    return found


@pytest.mark.parametrize(("name", "kind", "image_size", "five_landmarks"), FILES, ids=[file[0] for file in FILES])
def test_a_known_file_is_recognised_and_finds_the_face(peers, name, kind, image_size, five_landmarks):
    subject = read_subject(peers / f"{name}.tflite")
    assert (subject.kind, subject.image_size, subject.decodes) == (kind, image_size, True)
    ((photo, label),) = LABELS.items()
    best = subject.open(score_threshold=0.5).detect(read_image(PHOTOS / photo))[0]
    assert iou_matrix(np.array([label["box"]], np.float32), best.box[None])[0, 0] >= 0.5
    if five_landmarks:
        distances = np.linalg.norm(best.landmarks - np.array(label["landmarks"]), axis=1)
        assert distances.mean() < 0.12 * np.sqrt(np.prod(best.box[2:] - best.box[:2]))


def test_yunet_scores_are_the_geometric_mean_and_boxes_sit_at_their_cell():
    peer = YuNet((64, 64))
    raw = {}
    for stride in (8, 16, 32):
        cells = (64 // stride) ** 2
        empty = {f"c{width}": np.zeros((cells, width)) for width in (4, 10)}
        raw |= outputs(cells, c1=np.zeros((cells, 1)), c1b=np.zeros((cells, 1)), **empty)
    cell = 2 * 4 + 3  # row 2, column 3 of the 4 x 4 cells at stride 16
    for output, value in zip(raw[16, 1], (0.9, 0.4), strict=True):
        output.values[cell] = value
    raw[16, 4][0].values[cell] = (0.5, 0.25, np.log(2), 0)
    raw[16, 10][0].values[cell, :2] = (1, -1)
    found = peer.decode(raw, 0.5)
    np.testing.assert_allclose(found.scores, [0.6], rtol=1e-6)
    centre, size = np.array([3.5, 2.25]) * 16, np.array([32, 16])
    np.testing.assert_allclose(found.boxes[0] * 64, [*(centre - size / 2), *(centre + size / 2)], rtol=1e-5)
    np.testing.assert_allclose(found.landmarks[0, 0] * 64, [4 * 16, 1 * 16], rtol=1e-5)


def test_blazeface_codes_are_pixels_from_the_middle_of_a_cell():
    peer = BlazeFace((192, 192))
    codes, logits = np.zeros((2304, 16)), np.full((2304, 1), -9.0)
    logits[48 + 2] = 2  # row 1, column 2, at stride 4
    codes[48 + 2, :6] = (1, -2, 20, 10, 3, 4)
    codes[48 + 2, 10:12] = (5, 6)  # the mouth, one point
    found = peer.decode(outputs(2304, c1=logits, c16=codes), 0.5)
    np.testing.assert_allclose(found.scores, [1 / (1 + np.exp(-2))], rtol=1e-6)
    centre = np.array([10 + 1, 6 - 2])
    np.testing.assert_allclose(found.boxes[0] * 192, [*(centre - (10, 5)), *(centre + (10, 5))], rtol=1e-5)
    np.testing.assert_allclose(found.landmarks[0, 0] * 192, [13, 10], rtol=1e-5)
    np.testing.assert_allclose(found.landmarks[0, 3:] * 192, [[15, 12]] * 2, rtol=1e-5)


@pytest.mark.parametrize(("kind", "has_landmarks"), [(UltraLight, False), (SlimWithLandmarks, True)])
def test_prior_boxes_are_decoded_as_ssd_does(kind, has_landmarks):
    peer = kind((240, 320))
    count = 4420  # 40 x 30 x 3 + 20 x 15 x 2 + 10 x 8 x 2 + 5 x 4 x 3: the last levels hang over the edge
    assert peer.output_shapes()[0] == (count, 2)
    classes, codes, points = np.zeros((count, 2)), np.zeros((count, 4)), np.zeros((count, 10))
    row = 3 * 41 + 1  # second row, second column, the prior of 16 pixels
    classes[row, 1] = 0.8
    codes[row] = (1, 0, 0, 5 * np.log(2))
    found = peer.decode(outputs(count, c2=classes, c4=codes, c10=points), 0.5)
    centre, size = np.array([12 + 1.6, 12]), np.array([16, 32])
    expected = np.array([*(centre - size / 2), *(centre + size / 2)]) / (320, 240, 320, 240)
    np.testing.assert_allclose(found.boxes, [expected], rtol=1e-5)
    assert np.isnan(found.landmarks).all() != has_landmarks


def test_logit_is_infinite_at_the_ends():
    assert (logit(0), logit(0.5), logit(1)) == (-np.inf, 0, np.inf)


def test_a_file_of_no_known_kind_is_run_and_not_read(lamp_plain, lamp_image, tmp_path):
    path = tmp_path / "plain.tflite"
    path.write_bytes(lamp_plain)
    subject = read_subject(path)
    assert (subject.kind, subject.decodes, subject.int8) == ("unknown", False, True)
    assert subject.open().detect(lamp_image) == []
