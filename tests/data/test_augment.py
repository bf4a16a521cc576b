import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ffkeras.data.augment import (
    MIN_FACE_PIXELS,
    Sample,
    View,
    augment,
    choose_view,
    distort,
    flip,
    view_faces,
    view_image,
    zoomed_out,
)
from ffkeras.data.augment_config import AugmentConfig
from ffkeras.data.mosaic import mosaic
from ffkeras.errors import UserError

CONFIG = AugmentConfig()
BOUND = dataclasses.replace(CONFIG, zoom_out_probability=0.2, free_crop_probability=0.0)  # crops follow faces
LARGE = dataclasses.replace(BOUND, zoom_out_probability=0.0, crop_scales=(1.2, 1.6, 2.0))
GREY = (128.0, 128.0, 128.0)
LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH = range(5)


def sample_of(boxes, size=(100, 120), ignore=None, marked=True):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    fractions = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
    landmarks = boxes[:, None, :2] + fractions * (boxes[:, None, 2:] - boxes[:, None, :2])
    has_landmarks = np.full(len(boxes), marked)
    ignore = np.zeros(len(boxes), bool) if ignore is None else np.array(ignore)
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    return Sample(image, boxes, (landmarks * has_landmarks[:, None, None]).astype(np.float32), has_landmarks, ignore)


@st.composite
def samples(draw):
    height, width = draw(st.integers(1, 150)), draw(st.integers(1, 150))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, 6))
    starts = rng.uniform(-5, (width, height), (count, 2))
    ends = starts + rng.uniform(0, 40, (count, 2))
    return sample_of(np.concatenate([starts, ends], 1), (height, width), rng.random(count) < 0.3, rng.random() < 0.7)


def painted(boxes, size):
    """An image that is black but for white boxes, so that pixels tell where the faces went."""
    sample = sample_of(boxes, size)
    image = np.zeros_like(sample.image)
    for x1, y1, x2, y2 in np.array(boxes).astype(int):
        image[y1:y2, x1:x2] = 255
    return Sample(image, sample.boxes, sample.landmarks, sample.has_landmarks, sample.ignore)


@settings(max_examples=100)
@given(
    samples(),
    st.integers(0, 2**32),
    st.sampled_from([(32, 32), (64, 96), (96, 64)]),
    st.sampled_from([CONFIG, BOUND, LARGE]),
)
def test_augmented_labels_are_sound(sample, seed, image_size, config):
    result = augment(sample, image_size, GREY, config, np.random.default_rng(seed))
    check_labels(result, image_size)


def check_labels(result, image_size):
    height, width = image_size
    assert (result.image.shape, result.image.dtype) == ((height, width, 3), np.uint8)
    count = len(result.boxes)
    assert result.boxes.shape == (count, 4)
    assert result.landmarks.shape == (count, 5, 2)
    assert (result.has_landmarks.shape, result.ignore.shape) == ((count,), (count,))
    assert (result.boxes.dtype, result.landmarks.dtype) == (np.float32, np.float32)
    assert (result.boxes >= -1e-3).all()
    assert (result.boxes <= np.array([width, height, width, height]) + 1e-3).all()
    assert (result.boxes[:, 2:] > result.boxes[:, :2]).all()
    longer = (result.boxes[:, 2:] - result.boxes[:, :2]).max(axis=1)
    assert (longer[~result.ignore] >= MIN_FACE_PIXELS * 0.999).all()
    assert not result.landmarks[~result.has_landmarks].any()


@settings(max_examples=50)
@given(samples(), st.integers(0, 2**32))
def test_equal_generators_give_equal_samples_and_the_source_is_not_changed(sample, seed):
    before = sample.image.copy(), sample.boxes.copy(), sample.landmarks.copy()
    first = augment(sample, (64, 64), GREY, CONFIG, np.random.default_rng(seed))
    second = augment(sample, (64, 64), GREY, CONFIG, np.random.default_rng(seed))
    for name in ("image", "boxes", "landmarks", "has_landmarks", "ignore"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    for kept, now in zip(before, (sample.image, sample.boxes, sample.landmarks), strict=True):
        np.testing.assert_array_equal(kept, now)


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.booleans(), st.sampled_from([BOUND, LARGE]))
def test_box_stays_on_its_pixels_through_crop_zoom_and_flip(seed, mirrored, config):
    rng = np.random.default_rng(seed)
    size = (int(rng.integers(60, 300)), int(rng.integers(60, 300)))
    corner = rng.integers(0, np.array(size[::-1]) - 40)
    box = [*corner, *(corner + rng.integers(20, 40, 2))]
    sample = painted([box], size)
    view = choose_view(sample, (128, 128), config, rng)
    seen = view_faces(sample, view)
    canvas = view_image(sample.image, view, (128, 128), (0, 0, 0), 0.0, _Undistorted())
    result = Sample(canvas, seen.boxes, seen.landmarks, seen.has_landmarks, seen.ignore)
    result = flip(result) if mirrored else result
    white = np.argwhere(result.image[:, :, 0] > 127)
    pixels = [*white.min(axis=0)[::-1], *(white.max(axis=0)[::-1] + 1)]
    np.testing.assert_allclose(result.boxes[0], pixels, atol=1.0)


class _Undistorted:
    """A generator whose draws leave the colours as they are."""

    def random(self, size=None):
        return 0.99 if size is None else np.full(size, 0.99)

    def uniform(self, low, high):
        return np.zeros(4)


@settings(max_examples=60)
@given(samples())
def test_flip_twice_is_the_identity(sample):
    twice = flip(flip(sample))
    np.testing.assert_array_equal(twice.image, sample.image)
    np.testing.assert_allclose(twice.boxes, sample.boxes, atol=1e-4)
    np.testing.assert_allclose(twice.landmarks, sample.landmarks, atol=1e-4)


def test_flip_swaps_left_and_right_landmarks():
    sample = sample_of([[10, 20, 40, 60]])
    points = flip(sample).landmarks[0]
    assert points[LEFT_EYE, 0] < points[RIGHT_EYE, 0]
    assert points[LEFT_MOUTH, 0] < points[RIGHT_MOUTH, 0]
    np.testing.assert_allclose(points[LEFT_EYE], [120 - sample.landmarks[0, RIGHT_EYE, 0], 36])
    np.testing.assert_allclose(points[NOSE], [120 - 25, 44])


def test_flip_leaves_unknown_landmarks_zero():
    assert not flip(sample_of([[10, 20, 40, 60]], marked=False)).landmarks.any()


def test_faces_at_the_edge_of_a_crop():
    inside, half_in, barely_in, outside = [40, 40, 60, 60], [10, 40, 28, 60], [0, 40, 24, 60], [0, 0, 10, 10]
    seen = view_faces(sample_of([inside, half_in, barely_in, outside]), View((20, 20, 80, 80), (0, 0, 120, 120)))
    np.testing.assert_allclose(seen.boxes, [[40, 40, 80, 80], [0, 40, 16, 80]])
    assert seen.ignore.tolist() == [False, True]  # its centre is outside and 8/18 of it is seen


def test_clipped_face_keeps_landmarks_outside_the_crop():
    seen = view_faces(sample_of([[10, 40, 40, 60]]), View((20, 20, 80, 80), (0, 0, 60, 60)))
    np.testing.assert_allclose(seen.boxes, [[0, 20, 20, 40]])
    assert seen.has_landmarks[0]
    assert seen.landmarks[0, LEFT_EYE, 0] == pytest.approx(-1)
    assert not seen.ignore[0]


def test_face_too_small_for_the_network_is_ignored():
    seen = view_faces(sample_of([[10, 10, 14, 22], [10, 10, 14, 16]]), View((0, 0, 96, 96), (0, 0, 32, 32)))
    assert seen.ignore.tolist() == [False, True]  # 1.3 x 4 and 1.3 x 2 pixels


def test_ignored_faces_stay_ignored_and_those_of_no_area_vanish():
    sample = sample_of([[10, 10, 40, 40], [50, 50, 50, 80]], ignore=[True, True])
    seen = view_faces(sample, View((0, 0, 100, 100), (0, 0, 100, 100)))
    assert seen.ignore.tolist() == [True]


@pytest.mark.parametrize("config", [BOUND, LARGE])
def test_crops_hold_the_centre_of_a_face_that_counts(config):
    sample = sample_of([[900, 500, 930, 530], [100, 100, 400, 400]], size=(700, 1000), ignore=[False, True])
    for seed in range(100):
        seen = view_faces(sample, choose_view(sample, (64, 64), config, np.random.default_rng(seed)))
        assert len(seen.boxes) >= 1
        view = choose_view(sample, (64, 64), config, np.random.default_rng(seed))
        left, top, right, bottom = view.source
        assert left <= 915 < right
        assert top <= 515 < bottom


def test_some_crops_show_a_scene_without_its_face():
    sample = sample_of([[10, 10, 40, 40]], size=(700, 1000))
    views = [choose_view(sample, (64, 64), CONFIG, np.random.default_rng(seed)) for seed in range(300)]
    without = sum(not len(view_faces(sample, view).boxes) for view in views)
    assert 0.03 * len(views) < without < CONFIG.free_crop_probability * 1.5 * len(views)


@pytest.mark.parametrize("config", [BOUND, LARGE])
def test_image_whose_faces_cannot_be_cropped_is_seen_whole(config):
    sample = sample_of([[-30, -30, 10, 10]], size=(100, 100))  # its centre lies outside the image
    views = [choose_view(sample, (64, 64), config, np.random.default_rng(seed)) for seed in range(20)]
    assert {view.source for view in views} == {(0, 0, 100, 100)}


@settings(max_examples=100)
@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(0, 2**32))
def test_zoomed_out_image_lies_inside_the_input_in_its_own_proportions(height, width, seed):
    view = zoomed_out((height, width), (64, 96), np.random.default_rng(seed))
    x1, y1, x2, y2 = view.target
    assert view.source == (0, 0, width, height)
    assert 0 <= x1 < x2 <= 96
    assert 0 <= y1 < y2 <= 64
    scale = min(64 / height, 96 / width)
    assert x2 - x1 <= max(1, width * scale + 1)
    assert x2 - x1 >= width * scale / 1.6 - 1
    assert abs((x2 - x1) / width - (y2 - y1) / height) <= 1 / min(height, width)


def test_what_lies_beyond_the_image_is_exactly_the_mean():
    sample = sample_of([], size=(50, 100))
    view = View((0, 0, 100, 50), (10, 20, 60, 45))
    canvas = view_image(sample.image, view, (64, 64), (104, 117, 123), 0.0, np.random.default_rng(1))
    outside = np.ones((64, 64), bool)
    outside[20:45, 10:60] = False
    assert (canvas[outside] == (104, 117, 123)).all()


def test_distortion_changes_colours_within_reason_and_sometimes_makes_grey():
    image = sample_of([], size=(32, 32)).image
    results = [distort(image, 0.05, np.random.default_rng(seed)) for seed in range(400)]
    grey = sum(bool((r[..., 0] == r[..., 1]).all() and (r[..., 1] == r[..., 2]).all()) for r in results)
    assert 5 <= grey <= 45
    assert len({r.tobytes() for r in results}) > 300
    assert all(r.shape == image.shape and r.dtype == np.uint8 for r in results)
    assert all(r.std() > 20 for r in results)


def test_undistorted_colours_are_left_alone():
    image = sample_of([], size=(16, 16)).image
    np.testing.assert_array_equal(distort(image, 0.05, _Undistorted()), image)


@settings(max_examples=50)
@given(st.integers(0, 2**32), st.floats(1.0, 4.0))
def test_a_crop_larger_than_the_image_holds_all_of_it_at_its_scale(seed, scale):
    rng = np.random.default_rng(seed)
    height, width = (int(side) for side in rng.integers(20, 300, 2))
    config = dataclasses.replace(LARGE, crop_scales=(scale,), free_crop_probability=1.0)
    view = choose_view(sample_of([], (height, width)), (64, 64), config, rng)
    left, top, right, bottom = view.source
    x1, y1, x2, y2 = view.target
    side = scale * min(height, width)
    assert (right - left, bottom - top) == (min(width, round(side)), min(height, round(side)))
    assert 0 <= x1 < x2 <= 64
    assert 0 <= y1 < y2 <= 64
    for length, seen in ((right - left, x2 - x1), (bottom - top, y2 - y1)):
        assert abs(seen - length * 64 / side) <= 1.5 + 64 / side


def test_grey_pictures_come_as_often_as_asked():
    image = sample_of([], size=(8, 8)).image
    for share in (0.0, 0.3):
        results = [distort(image, share, np.random.default_rng(seed)) for seed in range(400)]
        grey = sum(bool((np.ptp(result, axis=2) == 0).all()) for result in results)
        assert abs(grey / 400 - share) < 0.08


@settings(max_examples=50)
@given(st.lists(samples(), min_size=4, max_size=4), st.integers(0, 2**32))
def test_a_mosaic_has_sound_labels(parts, seed):
    check_labels(mosaic(parts, (64, 96), GREY, CONFIG, np.random.default_rng(seed)), (64, 96))


def test_a_mosaic_shows_all_four_and_their_faces_where_they_are():
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]
    parts = []
    for colour in colours:
        sample = sample_of([[40, 40, 60, 60]], size=(100, 100))
        image = np.zeros_like(sample.image)
        image[40:60, 40:60] = colour
        parts.append(dataclasses.replace(sample, image=image))
    whole = dataclasses.replace(CONFIG, zoom_out_probability=1.0, free_crop_probability=0.0, grey_probability=0.0)
    result = mosaic(parts, (128, 128), (0, 0, 0), whole, np.random.default_rng(3))
    assert len(result.boxes) == 4
    for x1, y1, x2, y2 in result.boxes:
        inside = result.image[round(y1) + 1 : round(y2) - 1, round(x1) + 1 : round(x2) - 1]
        assert (inside.max(axis=2) > 60).all()
        assert result.image[round(y1) - 3, round(x1) - 3].max() < 60


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"crop_scales": ()}, "crop_scales is"),
        ({"crop_scales": (0.5, 0.0)}, "crop_scales is"),
        ({"grey_probability": 1.1}, "grey_probability is 1.1"),
        ({"mosaic_probability": float("nan")}, "mosaic_probability is nan"),
        ({"zoom_out_probability": 0.7, "free_crop_probability": 0.6}, "together they should be 1"),
    ],
)
def test_a_variation_outside_its_range_is_refused_by_name(values, said):
    with pytest.raises(UserError, match=said):
        AugmentConfig(**values)
