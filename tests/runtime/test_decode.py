import numpy as np
import pytest

from ffkeras.geometry import AnchorConfig, encode_boxes, encode_landmarks, letterbox, make_anchors
from ffkeras.runtime import decode_faces

SIZE = (96, 128)
ANCHORS = make_anchors(AnchorConfig(sizes=((16, 32), (64, 80), (96, 112))), SIZE)
BOX = [100.0, 60.0, 160.0, 150.0]
POINTS = [[110.0, 80.0], [140.0, 80.0], [125.0, 100.0], [112.0, 130.0], [138.0, 131.0]]


def fitted(height=288, width=320):
    return letterbox(np.zeros((height, width, 3), np.uint8), SIZE, (128, 128, 128))[1]


def outputs_for(faces, fit):
    """Raw outputs in which anchor `row` codes `box` and `points`, given in source pixels, with `score`."""
    outputs = {
        "classification": np.tile(np.array([1, 0], np.float32), (len(ANCHORS), 1)),
        "bbox_regression": np.zeros((len(ANCHORS), 4), np.float32),
        "landmarks": np.zeros((len(ANCHORS), 10), np.float32),
    }
    to_input = np.array([fit.scale_x, fit.scale_y]) / np.array([SIZE[1], SIZE[0]])
    for row, score, box, points in faces:
        corners = (np.array(box).reshape(1, 2, 2) * to_input).reshape(1, 4)
        outputs["classification"][row] = 1 - score, score
        outputs["bbox_regression"][row] = encode_boxes(corners, ANCHORS[row : row + 1])[0]
        outputs["landmarks"][row] = encode_landmarks(np.array(points)[None] * to_input, ANCHORS[row : row + 1])[0]
    return outputs


def decode(outputs, fit, **options):
    options = {"score_threshold": 0.5, "iou_threshold": 0.4} | options
    return decode_faces(outputs, ANCHORS, SIZE, fit, **options)


@pytest.mark.parametrize("source_size", [(288, 320), (96, 128), (50, 200), (1000, 700)])
def test_a_coded_face_comes_back_in_source_pixels(source_size):
    fit = fitted(*source_size)
    scale = np.array([source_size[1] / 320, source_size[0] / 288])
    box = (np.array(BOX).reshape(2, 2) * scale).reshape(4)
    points = np.array(POINTS) * scale
    (face,) = decode(outputs_for([(50, 0.9, box, points)], fit), fit)
    np.testing.assert_allclose(face.box, box, atol=1e-3 * max(source_size))
    np.testing.assert_allclose(face.landmarks, points, atol=1e-3 * max(source_size))
    assert face.score == pytest.approx(0.9)
    assert face.box.dtype == face.landmarks.dtype == np.float32


def test_faces_come_best_first_and_overlaps_are_dropped():
    fit = fitted()
    shifted = [value + 2 for value in BOX]
    apart = [200.0, 60.0, 260.0, 150.0]
    coded = [(3, 0.6, shifted, POINTS), (50, 0.9, BOX, POINTS), (70, 0.7, apart, POINTS)]
    assert [round(face.score, 2) for face in decode(outputs_for(coded, fit), fit)] == [0.9, 0.7]


def test_the_threshold_keeps_scores_that_reach_it():
    fit = fitted()
    outputs = outputs_for([(50, 0.5, BOX, POINTS)], fit)
    assert len(decode(outputs, fit, score_threshold=0.5)) == 1
    assert decode(outputs, fit, score_threshold=0.51) == []


def test_boxes_are_clipped_to_the_source_image():
    fit = fitted()
    (face,) = decode(outputs_for([(0, 0.9, [-30, -20, 40, 400], POINTS)], fit), fit)
    assert face.box.tolist() == pytest.approx([0, 0, 40, 288], abs=1e-3)


def test_a_box_in_the_padding_is_no_face():
    fit = fitted(96, 64)  # fits the height: the right half of the canvas is padding
    assert decode(outputs_for([(50, 0.9, [70, 10, 110, 60], POINTS)], fit), fit) == []


@pytest.mark.filterwarnings("error")
def test_wild_codes_are_dropped_without_hiding_good_faces():
    fit = fitted()
    wild = {10: np.nan, 11: 1e9, 12: [3e38, 3e38, 0, 0]}
    outputs = outputs_for([(row, 0.99, BOX, POINTS) for row in wild] + [(50, 0.9, BOX, POINTS)], fit)
    for row, codes in wild.items():
        outputs["bbox_regression"][row] = codes
    assert [round(face.score, 2) for face in decode(outputs, fit)] == [0.9]


def test_top_k_and_max_faces_keep_the_best():
    fit = fitted()
    coded = [(row, 0.5 + row / 1000, [row, row, row + 0.5, row + 0.5], POINTS) for row in range(1, 40)]
    outputs = outputs_for(coded, fit)
    best = [round(face.score, 3) for face in decode(outputs, fit)][:5]
    assert best == [0.539, 0.538, 0.537, 0.536, 0.535]
    assert [round(face.score, 3) for face in decode(outputs, fit, top_k=5)] == best
    assert [round(face.score, 3) for face in decode(outputs, fit, max_faces=5)] == best
