import numpy as np
import pytest

from ffkeras.data.drawing.look import random_look, random_pose
from ffkeras.data.drawing.person import draw_person
from ffkeras.data.labels import read_label_file
from ffkeras.data.synthetic import LARGEST_SHARE, MOST_FACES, SyntheticFaces
from ffkeras.errors import UserError
from ffkeras.images import read_image
from tests.data.label_folder import write_label_folder

COUNT = 60


@pytest.fixture(scope="module")
def faces() -> SyntheticFaces:
    return SyntheticFaces(COUNT, seed=3)


@pytest.fixture(scope="module")
def samples(faces) -> list:
    return list(faces)


def test_same_seed_and_index_give_the_same_image_in_any_order(faces, samples):
    again = SyntheticFaces(COUNT, seed=3)
    for index in (17, 4):
        image, labels = again.load(index)
        np.testing.assert_array_equal(image, samples[index][0])
        np.testing.assert_array_equal(labels.boxes, samples[index][1].boxes)
        np.testing.assert_array_equal(labels.landmarks, samples[index][1].landmarks)


def test_another_seed_gives_other_images(samples):
    image, _ = SyntheticFaces(COUNT, seed=4).load(0)
    assert (image != samples[0][0]).mean() > 0.5


def test_images_are_bgr_bytes_of_the_asked_size():
    image, labels = SyntheticFaces(1, image_size=(192, 256)).load(0)
    assert image.shape == (192, 256, 3)
    assert image.dtype == np.uint8
    assert labels.path.name == "000000.png"


def test_labels_have_the_shapes_and_types_of_labelled_images(samples):
    for _, labels in samples:
        count = len(labels.boxes)
        assert count <= MOST_FACES
        assert labels.boxes.shape == (count, 4)
        assert labels.landmarks.shape == (count, 5, 2)
        assert labels.boxes.dtype == labels.landmarks.dtype == np.float32
        assert labels.has_landmarks.dtype == labels.ignore.dtype == bool
        assert labels.has_landmarks.all()
        assert not labels.ignore.any()


def test_boxes_lie_within_the_image_and_hold_their_landmarks(samples):
    for image, labels in samples:
        height, width = image.shape[:2]
        assert (labels.boxes >= 0).all()
        assert (labels.boxes <= (width, height, width, height)).all()
        assert (labels.landmarks >= labels.boxes[:, None, :2] - 1e-3).all()
        assert (labels.landmarks <= labels.boxes[:, None, 2:] + 1e-3).all()


def test_left_landmarks_are_left_and_the_mouth_is_under_the_eyes(samples):
    points = np.concatenate([labels.landmarks for _, labels in samples])
    eyes, mouth = points[:, 1] - points[:, 0], points[:, 4] - points[:, 3]
    down = points[:, 3:].mean(1) - points[:, :2].mean(1)
    assert (eyes[:, 0] > 0).all()
    assert ((eyes * mouth).sum(1) > 0).all()
    assert (eyes[:, 0] * down[:, 1] - eyes[:, 1] * down[:, 0] > 0).all()
    assert (down[:, 1] > 0).all()


def test_faces_range_from_a_few_pixels_to_most_of_the_image(samples):
    heights = np.concatenate([labels.boxes[:, 3] - labels.boxes[:, 1] for _, labels in samples])
    counts = [len(labels.boxes) for _, labels in samples]
    assert heights.min() < 14
    assert heights.max() > 0.5 * LARGEST_SHARE * 320
    assert all(((heights >= low) & (heights < 2 * low)).sum() >= 5 for low in (10, 20, 40, 80))
    assert 0 in counts
    assert max(counts) >= 6


def test_faces_do_not_hide_each_other(samples):
    for _, labels in samples:
        centres = (labels.boxes[:, :2] + labels.boxes[:, 2:]) / 2
        sizes = labels.boxes[:, 2:] - labels.boxes[:, :2]
        for first in range(len(centres)):
            for second in range(first):
                apart = np.abs(centres[first] - centres[second]) / np.maximum(sizes[first], sizes[second])
                assert apart.max() > 0.25


def test_eye_landmarks_mark_the_dark_of_an_open_eye():
    rng = np.random.default_rng(0)
    for yaw in (-0.7, 0.0, 0.7):
        look, pose = random_look(rng), random_pose(rng)
        look.skin, look.hair = (150, 180, 210), (20, 20, 20)
        look.hair_style, look.glasses, look.mask = "short", "none", False
        look.eye_open, look.gaze, pose.yaw, pose.ambient = 1.0, 0.0, yaw, 0.9
        person = draw_person(look, pose, 100.0, rng)
        for x, y in person.landmarks[:2].round().astype(int):
            pupil = person.image[y - 1 : y + 2, x - 1 : x + 2, :3].mean(axis=2).min()
            cheek = person.image[y + 20 : y + 24, x - 2 : x + 3, :3].mean()
            assert pupil < 0.4 * cheek


def test_label_folder_reads_back_the_same_faces(tmp_path):
    faces = SyntheticFaces(4, seed=1, image_size=(128, 160))
    read = read_label_file(write_label_folder(faces, tmp_path / "set"))
    assert len(read) == 4
    for (image, labels), back in zip(faces, read, strict=True):
        np.testing.assert_allclose(back.boxes, labels.boxes, atol=1e-3)
        np.testing.assert_allclose(back.landmarks, labels.landmarks, atol=1e-3)
        np.testing.assert_array_equal(back.has_landmarks, labels.has_landmarks)
        stored = read_image(back.path)
        assert stored.shape == image.shape
        assert np.abs(stored.astype(int) - image).mean() < 12


def test_wrong_requests_are_refused_with_a_sentence():
    with pytest.raises(UserError, match="at least 1"):
        SyntheticFaces(0)
    with pytest.raises(UserError, match="64x64"):
        SyntheticFaces(1, image_size=(32, 320))
    with pytest.raises(IndexError):
        SyntheticFaces(3).load(3)
