import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from c_faces import FaceLetterbox, face_model

from ffkeras.geometry import AnchorConfig, Letterbox, make_anchors
from ffkeras.runtime import decode_faces
from ffkeras.runtime.output import Output

THREE = AnchorConfig(sizes=((10, 16, 27), (44, 72, 117), (191, 313, 512)))
TWO = AnchorConfig(sizes=((16, 32), (64, 128), (256, 512.5)))
LARGEST_ERROR = 0.01  # pixels: the rounding of float32


def random_outputs(anchors, seed=0, score=(-128, 128), codes=(-128, 128), classes=1, scale=0.05):
    """int8 outputs with values in these ranges."""
    random, rows = np.random.default_rng(seed), len(anchors)
    low, high = score
    return {
        "classification": Output(random.integers(low, high, (rows, classes)).astype(np.int8), 1 / 256, -128),
        "bbox_regression": Output(random.integers(*codes, (rows, 4)).astype(np.int8), scale, 6),
        "landmarks": Output(random.integers(*codes, (rows, 10)).astype(np.int8), 0.09, -1),
    }


def check(c_faces, outputs, config=THREE, image_size=(160, 160), source=(300, 200), iou=0.4, score=0.5, **limits):
    """Faces in C against those of Python, which are returned."""
    height, width = source
    scale_y, scale_x = image_size[0] / height, image_size[1] / width
    with np.errstate(over="ignore", invalid="ignore"):  # wild codes
        expected = decode_faces(
            outputs,
            make_anchors(config, image_size),
            image_size,
            Letterbox(scale_x, scale_y, source),
            score_threshold=score,
            iou_threshold=iou,
            **limits,
        )
    model = face_model(image_size, config, outputs, iou_threshold=iou, score_threshold=score)
    fitted = FaceLetterbox(scale_x, scale_y, width, height)
    named = {"top_k": "candidate_limit", "max_faces": "face_limit"}
    faces = c_faces.decode(model, outputs, fitted, **{named[name]: limit for name, limit in limits.items()})
    assert len(faces) == len(expected)
    for face, wanted in zip(faces, expected, strict=True):
        assert face.score == np.float32(wanted.score)
        np.testing.assert_allclose([face.x1, face.y1, face.x2, face.y2], wanted.box, atol=LARGEST_ERROR)
        np.testing.assert_allclose(np.array(face.landmarks), wanted.landmarks, atol=LARGEST_ERROR, rtol=1e-5)
    return expected


def test_no_anchor_reaches_the_threshold(c_faces):
    assert not check(c_faces, random_outputs(make_anchors(THREE, (160, 160)), score=(-128, 0)))


@pytest.mark.parametrize("seed", range(6))
def test_random_outputs_give_the_same_faces(c_faces, seed):
    config, image_size = ((THREE, (160, 160)), (TWO, (96, 160)), (TWO, (320, 224)))[seed % 3]
    outputs = random_outputs(make_anchors(config, image_size), seed, codes=(-40, 41), classes=1 + seed % 2)
    faces = check(c_faces, outputs, config, image_size, source=(300 + seed, 200), score=0.9, iou=0.1 * seed)
    assert len(faces) > 10


def test_more_than_a_thousand_faces_are_cut_where_python_cuts_them(c_faces):
    anchors = make_anchors(TWO, (320, 320))
    outputs = random_outputs(anchors, score=(100, 127), codes=(5, 8))
    assert len(check(c_faces, outputs, TWO, (320, 320), iou=1.0)) == 750
    assert len(check(c_faces, outputs, TWO, (320, 320), iou=1.0, max_faces=10, top_k=1000)) == 10


def test_of_equal_scores_the_first_ones_take_part(c_faces):
    anchors = make_anchors(THREE, (160, 160))
    outputs = random_outputs(anchors, score=(120, 122), codes=(-3, 4))
    assert check(c_faces, outputs)
    assert check(c_faces, outputs, top_k=100)


def test_boxes_are_clipped_to_the_picture_and_those_outside_are_left_out(c_faces):
    outputs = random_outputs(make_anchors(THREE, (160, 160)), codes=(-128, 128))
    faces = check(c_faces, outputs, source=(100, 30), score=0.3, iou=0.9)
    assert any(face.box[0] == 0 for face in faces)
    assert any(face.box[3] == 100 for face in faces)


@pytest.mark.parametrize("scale", [5.0, 40.0])
def test_wild_size_codes_hide_no_good_face(c_faces, scale):
    anchors = make_anchors(THREE, (160, 160))
    outputs = random_outputs(anchors, score=(0, 127), scale=scale)
    sizes = outputs["bbox_regression"].values
    sizes[::3] = 6  # the anchors themselves
    sizes[1::7, 2:] = 127  # e^(0.2 * 40 * 121) is infinite
    assert check(c_faces, outputs, score=0.5)


def test_a_picture_of_one_pixel_has_its_face(c_faces):
    outputs = random_outputs(make_anchors(THREE, (160, 160)), score=(-128, -127))
    outputs["classification"].values[1500] = 127
    outputs["bbox_regression"].values[1500] = 6
    assert len(check(c_faces, outputs, source=(1, 1))) == 1


@pytest.mark.parametrize("threshold", [0.0, 1 / 256, 0.02, 0.5, 0.999, 1.0])
def test_the_threshold_on_whole_numbers_is_that_of_python(c_faces, threshold):
    outputs = random_outputs(make_anchors(THREE, (160, 160)), codes=(-3, 4))
    assert bool(check(c_faces, outputs, score=threshold)) == (threshold <= 255 / 256)


def test_limits_of_zero_give_no_face(c_faces):
    outputs = random_outputs(make_anchors(THREE, (160, 160)))
    model = face_model((160, 160), THREE, outputs)
    fitted = FaceLetterbox(1, 1, 160, 160)
    assert c_faces.decode(model, outputs, fitted, candidate_limit=0) == []
    assert c_faces.decode(model, outputs, fitted, face_limit=0) == []
