import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ffkeras.geometry import decode_boxes, decode_landmarks, encode_boxes, encode_landmarks

ANCHOR = np.array([[0.5, 0.25, 0.2, 0.1]])  # centre x, centre y, width, height
BOX = np.array([[0.36, 0.2, 0.76, 0.25]])  # centre (0.56, 0.225), width 0.4, height 0.05
BOX_CODE = [[3.0, -2.5, math.log(2) / 0.2, -math.log(2) / 0.2]]  # 0.06 / 0.2 / 0.1, -0.025 / 0.1 / 0.1
POINTS = np.array([[[0.5, 0.25], [0.52, 0.25], [0.5, 0.26], [0.4, 0.2], [0.7, 0.35]]])
POINTS_CODE = [[0, 0, 1, 0, 0, 1, -5, -5, 10, 10]]

centres = st.floats(0, 1)
sides = st.floats(0.001, 2)
rectangles = st.tuples(centres, centres, sides, sides)


def test_a_box_has_the_code_of_the_formula():
    np.testing.assert_allclose(encode_boxes(BOX, ANCHOR), BOX_CODE, rtol=1e-9)
    np.testing.assert_allclose(decode_boxes(np.array(BOX_CODE), ANCHOR), BOX, rtol=1e-9)


def test_landmarks_have_the_code_of_the_formula():
    np.testing.assert_allclose(encode_landmarks(POINTS, ANCHOR), POINTS_CODE, atol=1e-9)
    np.testing.assert_allclose(decode_landmarks(np.array(POINTS_CODE), ANCHOR), POINTS, atol=1e-9)


def test_the_code_of_zeros_is_the_anchor_itself():
    np.testing.assert_allclose(decode_boxes(np.zeros((1, 4)), ANCHOR), [[0.4, 0.2, 0.6, 0.3]])
    np.testing.assert_allclose(decode_landmarks(np.zeros((1, 10)), ANCHOR), [[[0.5, 0.25]] * 5])


@given(rectangles, rectangles)
def test_boxes_come_back_from_their_codes(rectangle, anchor):
    x, y, width, height = rectangle
    box = np.array([[x - width / 2, y - height / 2, x + width / 2, y + height / 2]])
    anchors = np.array([anchor])
    np.testing.assert_allclose(decode_boxes(encode_boxes(box, anchors), anchors), box, atol=1e-9)


@given(st.lists(st.tuples(centres, centres), min_size=5, max_size=5), rectangles)
def test_landmarks_come_back_from_their_codes(points, anchor):
    points, anchors = np.array([points]), np.array([anchor])
    np.testing.assert_allclose(decode_landmarks(encode_landmarks(points, anchors), anchors), points, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_faces_have_no_codes(dtype):
    nothing = np.zeros((0, 4), dtype)
    assert encode_boxes(nothing, nothing).shape == decode_boxes(nothing, nothing).shape == (0, 4)
    assert encode_landmarks(np.zeros((0, 5, 2), dtype), nothing).shape == (0, 10)
    assert decode_landmarks(np.zeros((0, 10), dtype), nothing).shape == (0, 5, 2)
