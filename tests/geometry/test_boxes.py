import numpy as np

from ffkeras.geometry import iou_matrix

SQUARE = [0, 0, 10, 10]


def test_overlaps_are_those_counted_by_hand():
    others = np.array(
        [
            SQUARE,
            [5, 0, 15, 10],  # half over: 50 / 150
            [5, 5, 15, 15],  # a quarter over: 25 / 175
            [2, 2, 7, 7],  # inside: 25 / 100
            [10, 0, 20, 10],  # side by side
            [30, 30, 40, 40],
            [3, 3, 3, 8],  # of no width
            [8, 8, 2, 2],  # corners swapped
        ],
        np.float32,
    )
    expected = [[1, 1 / 3, 1 / 7, 1 / 4, 0, 0, 0, 0]]
    np.testing.assert_allclose(iou_matrix(np.array([SQUARE], np.float32), others), expected, rtol=1e-6)


def test_rows_are_the_first_boxes_and_columns_the_second():
    a = np.array([SQUARE, [0, 0, 10, 20]], np.float32)
    b = np.array([SQUARE, [0, 0, 10, 5], [0, 0, 10, 40]], np.float32)
    expected = [[1, 1 / 2, 1 / 4], [1 / 2, 1 / 4, 1 / 2]]
    np.testing.assert_allclose(iou_matrix(a, b), expected, rtol=1e-6)
    np.testing.assert_allclose(iou_matrix(b, a), np.transpose(expected), rtol=1e-6)


def test_the_unit_does_not_matter():
    boxes = np.array([SQUARE, [5, 5, 15, 15]], np.float32)
    np.testing.assert_allclose(iou_matrix(boxes / 640, boxes / 640), iou_matrix(boxes, boxes), rtol=1e-5)


def test_two_boxes_of_no_area_do_not_overlap():
    point = np.array([[3, 3, 3, 3]], np.float32)
    assert iou_matrix(point, point).tolist() == [[0]]


def test_no_boxes_make_an_empty_matrix():
    nothing, one = np.zeros((0, 4), np.float32), np.array([SQUARE], np.float32)
    assert iou_matrix(nothing, one).shape == (0, 1)
    assert iou_matrix(one, nothing).shape == (1, 0)
