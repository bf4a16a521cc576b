import numpy as np

from ffkeras.evaluation.overlap import match_to_faces, pixel_iou


def test_pixel_iou_of_equal_and_distant_boxes():
    boxes = np.array([[0, 0, 9, 9], [100, 100, 9, 9]])
    assert pixel_iou(boxes, boxes).tolist() == [[1, 0], [0, 1]]


def test_touching_boxes_share_the_last_pixel():
    # 10 x 10 pixels each, with one common column of 10: 10 / 190.
    assert np.isclose(pixel_iou(np.array([[0, 0, 9, 9]]), np.array([[9, 0, 9, 9]]))[0, 0], 10 / 190)


def test_detection_goes_to_the_face_it_overlaps_most():
    faces = np.array([[0, 0, 20, 20], [3, 0, 20, 20]])
    detected = np.array([[2.5, 0, 20, 20], [0, 0, 20, 20], [60, 60, 20, 20]])
    assert match_to_faces(detected, faces).tolist() == [1, 0, -1]
