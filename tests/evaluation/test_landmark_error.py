import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from ffkeras.data import LabelledImage
from ffkeras.errors import UserError
from ffkeras.evaluation import LandmarkReport, landmark_errors, landmarked_images
from ffkeras.evaluation.landmark_error import face_errors
from ffkeras.runtime import Face

FIVE = np.array([[30, 40], [60, 40], [45, 55], [33, 70], [57, 70]], np.float32)


def labelled(count=2, path="a.jpg"):
    """Faces of 100 x 100 pixels, side by side, each with five landmarks."""
    corners = np.array([[150 * n, 0, 150 * n + 100, 100] for n in range(count)], np.float32)
    landmarks = FIVE + corners[:, None, :2]
    return LabelledImage(Path(path), corners, landmarks, np.ones(count, bool), np.zeros(count, bool))


def face_at(labels, index, move=(0, 0), shift=(0, 0)):
    """The labelled face `index` with its box moved and its landmarks shifted, in pixels."""
    box = labels.boxes[index] + np.array([*move, *move], np.float32)
    return Face(box, 0.9, labels.landmarks[index] + np.array(shift, np.float32))


def test_error_is_the_mean_distance_over_the_root_of_the_labelled_area():
    labels = labelled(1)
    labels.boxes[0, 3] = 400  # 100 x 400 pixels: the root of the area is 200
    faces = [face_at(labels, 0, shift=(3, 4))]
    np.testing.assert_allclose(face_errors(faces, labels), [5 / 200])


def test_a_face_is_found_at_half_overlap_only():
    labels = labelled(2)
    faces = [face_at(labels, 0, move=(30, 0)), face_at(labels, 1, move=(40, 0))]  # IoU 0.54 and 0.43
    assert np.isnan(face_errors(faces, labels)).tolist() == [False, True]


def test_of_two_detections_the_one_that_overlaps_more_counts():
    labels = labelled(1)
    faces = [face_at(labels, 0, move=(20, 0), shift=(50, 0)), face_at(labels, 0, shift=(10, 0))]
    np.testing.assert_allclose(face_errors(faces, labels), [0.1])


def test_a_detection_between_two_faces_answers_for_one():
    labels = labelled(2)
    labels.boxes[1] = [10, 0, 110, 100]
    assert np.isnan(face_errors([face_at(labels, 0)], labels)).tolist() == [False, True]


def test_faces_without_landmarks_and_ignored_ones_do_not_count():
    labels = labelled(3)
    labels.has_landmarks[0], labels.ignore[1] = False, True
    faces = [face_at(labels, index, shift=(index, 0)) for index in range(3)]
    np.testing.assert_allclose(face_errors(faces, labels), [0.02])


def test_an_image_without_detections_finds_no_face():
    assert np.isnan(face_errors([], labelled(2))).all()


def test_errors_of_all_images_come_in_order(tmp_path):
    images = [labelled(2, tmp_path / "a.png"), labelled(1, tmp_path / "b.png")]
    for image, level in zip(images, (0, 200), strict=True):
        cv2.imwrite(str(image.path), np.full((8, 8, 3), level, np.uint8))

    class OneFace:
        def detect(self, image):
            return [face_at(images[0], 0, shift=(image[0, 0, 0] / 20, 0))]

    np.testing.assert_allclose(landmark_errors(OneFace(), images), [0, np.nan, 0.1])


def test_detectors_are_compared_on_the_faces_that_both_find():
    better_recall = np.array([0.05, 0.05, 0.05, 0.9])
    report = LandmarkReport({"float": np.array([0.05, 0.05, 0.05, np.nan]), "int8": better_recall}, 3, 0.5)
    assert report.change("int8") == (0, 0)
    figures = report.to_json()["files"]
    assert figures["int8"]["nme"] > 0.25
    assert figures["int8"]["nme_shared"] == figures["float"]["nme_shared"] == 0.05
    assert "on the 3 faces that all find" in report.to_text()


def test_change_and_its_uncertainty_are_relative_to_the_first():
    report = LandmarkReport({"float": np.array([0.1, 0.1]), "int8": np.array([0.1, 0.12])}, 1, 0.5)
    assert report.change("int8") == pytest.approx((0.1, 0.1))
    assert "+10.0% +- 10.0%" in report.to_text()


def test_a_detector_that_finds_nothing_gives_dashes_and_null():
    report = LandmarkReport({"a": np.array([0.1, 0.1]), "b": np.array([np.nan, np.nan])}, 1, 0.5)
    assert "-" in report.to_text().splitlines()[-1]
    figures = report.to_json()
    assert figures["files"]["b"]["nme"] is None
    assert figures["files"]["b"]["change"] is None
    assert json.dumps(figures, allow_nan=False)


def test_images_are_those_that_training_holds_out(tmp_path):
    folder = tmp_path / "faces"  # its name decides what is held out
    folder.mkdir()
    lines = [f"# {n}.jpg\n1 2 30 40 " + "5 5 0 " * 5 + "0.5" for n in range(200)]
    (folder / "label.txt").write_text("\n".join(lines))
    for n in range(200):
        cv2.imwrite(str(folder / f"{n}.jpg"), np.zeros((64, 64, 3), np.uint8))
    images = landmarked_images(folder)
    assert 3 <= len(images) <= 30
    chosen = landmarked_images(folder, limit=2)
    assert [image.path for image in chosen] == [images[0].path, images[-1].path]


def test_data_without_landmarks_are_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "0.jpg"), np.zeros((64, 64, 3), np.uint8))
    (tmp_path / "label.txt").write_text("# 0.jpg\n1 2 30 40\n")
    with pytest.raises(UserError, match="has landmarks; for WIDER FACE add retinaface_gt"):
        landmarked_images(tmp_path)
