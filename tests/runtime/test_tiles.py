from pathlib import Path

import cv2
import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.images import read_image
from ffkeras.runtime import Face, FaceDetector
from ffkeras.runtime.tiles import cut_tiles, merge, tile_side, whole_faces

PHOTO = Path(__file__).parents[2] / "tests" / "data" / "photos" / "astronaut.jpg"
PLACES = [(40, 60), (1900, 1400), (1000, 700)]  # of small photographs in the crowd, left and top
SMALL = 128  # their side: a face of about 25 pixels
INPUT = (320, 320)


@pytest.fixture(scope="module")
def detector():
    return FaceDetector("nano_b_320")


@pytest.fixture(scope="module")
def crowd():
    """A large grey picture with three small faces."""
    image = np.full((1600, 2400, 3), 120, np.uint8)
    photo = cv2.resize(read_image(PHOTO), (SMALL, SMALL), interpolation=cv2.INTER_AREA)
    for left, top in PLACES:
        image[top : top + SMALL, left : left + SMALL] = photo
    return image


def face(box, score=0.9):
    return Face(np.array(box, np.float32), score, np.zeros((5, 2), np.float32))


def test_tiles_find_what_the_whole_is_too_small_for(detector, crowd):
    assert detector.detect(crowd) == []
    faces = detector.detect(crowd, tiles="auto")
    assert all(face.tile_only for face in faces)
    corners = sorted(tuple((face.box[:2] // SMALL).astype(int)) for face in faces)
    assert corners == sorted((int((x + 44) // SMALL), int((y + 15) // SMALL)) for x, y in PLACES)
    for face in faces:
        assert ((face.landmarks > face.box[:2]) & (face.landmarks < face.box[2:])).all()


def test_a_large_face_is_found_once():
    detector = FaceDetector("nano_b_fast_320")
    photo = read_image(PHOTO)
    large = cv2.resize(photo, None, fx=3, fy=3)
    (whole,) = detector.detect(large)
    (merged,) = detector.detect(large, tiles="auto")
    assert not merged.tile_only
    overlap = np.minimum(whole.box, merged.box)[2:] - np.maximum(whole.box, merged.box)[:2]
    assert overlap.prod() > 0.7 * (whole.box[2:] - whole.box[:2]).prod()


def test_a_picture_that_is_not_much_larger_is_only_looked_at_whole(detector):
    photo = read_image(PHOTO)
    expected, given = detector.detect(photo), detector.detect(photo, tiles="auto")
    assert [face.to_json() for face in given] == [face.to_json() for face in expected]


def test_tile_side():
    assert tile_side(None, (9000, 9000), INPUT) is None
    assert tile_side("auto", (640, 640), INPUT) is None
    assert tile_side("auto", (200, 641), INPUT) == 320
    assert tile_side(500, (200, 200), INPUT) == 500


@pytest.mark.parametrize("tiles", ["many", 0, -5, True, 2.5, 31])
def test_other_tiles_are_one_sentence(detector, tiles):
    with pytest.raises(UserError, match="neither 'auto' nor a whole number of pixels from 32 on"):
        detector.detect(np.zeros((50, 50, 3), np.uint8), tiles=tiles)


@pytest.mark.parametrize("size", [(1000, 1300), (321, 5000), (5000, 100), (801, 640)])
def test_tiles_cover_the_picture_and_overlap(size):
    picture = np.arange(size[0] * size[1] * 3, dtype=np.uint32).astype(np.uint8).reshape(*size, 3)
    tiles = [tile for tile in cut_tiles(picture, 320, INPUT) if (tile.factor == 1).all()]
    covered = np.zeros(size, int)
    for tile in tiles:
        left, top = tile.offset.astype(int)
        height, width = tile.image.shape[:2]
        np.testing.assert_array_equal(tile.image, picture[top : top + height, left : left + width])
        covered[top : top + height, left : left + width] += 1
    assert covered.min() == 1
    for start in range(0, size[1] - 80, 7):  # whatever is a quarter of a tile wide is whole in one
        assert any(t.offset[0] <= start and start + 80 <= t.offset[0] + t.image.shape[1] for t in tiles)


def test_a_tile_is_half_as_large_on_the_next_level():
    tiles = list(cut_tiles(np.zeros((1280, 1280, 3), np.uint8), 320, INPUT))
    assert sorted({float(tile.factor[0]) for tile in tiles}) == [1, 2]
    assert {tile.reach for tile in tiles} == {80, 160}


def test_cut_faces_are_left_to_the_tile_that_shows_them_whole():
    first = next(cut_tiles(np.zeros((1000, 1000, 3), np.uint8), 320, INPUT))
    at_the_border, cut, inside = face((0, 0, 40, 40)), face((280, 100, 320, 140)), face((100, 100, 140, 150))
    kept = whole_faces(first, [at_the_border, cut, inside])
    np.testing.assert_array_equal([k.box for k in kept], [at_the_border.box, inside.box])


def test_merging_keeps_the_best_of_each_face_and_says_who_saw_it():
    whole = [face((100, 100, 400, 400), 0.8), face((600, 600, 620, 620), 0.4)]
    better, alone = face((601, 600, 621, 621), 0.9), face((800, 100, 820, 120), 0.7)
    an_eye, behind = face((150, 150, 200, 200), 0.6), face((380, 60, 440, 130), 0.5)
    merged = merge(whole, [(one, 80.0) for one in (better, alone, an_eye, behind)], 0.4)
    assert [(one.score, one.tile_only) for one in merged] == [(0.9, False), (0.8, False), (0.7, True), (0.5, True)]


def test_nothing_is_merged_from_nothing():
    assert merge([], [], 0.4) == []
    assert merge([], [(face((1, 1, 5, 5)), 80.0)], 0.4)[0].tile_only
