from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from ffkeras.data import image_cache
from ffkeras.data.image_cache import FileSource, ImageCache, StoredImageCache
from ffkeras.data.labels import LabelledImage
from ffkeras.errors import UserError

IMAGE_BYTES = 10 * 20 * 3


@pytest.fixture
def paths(tmp_path):
    found = [tmp_path / f"{n}.png" for n in range(4)]
    for n, path in enumerate(found):
        cv2.imwrite(str(path), np.full((10, 20, 3), n, np.uint8))
    return found


def test_decodes_once_within_the_budget_and_each_time_beyond_it(paths, monkeypatch):
    decoded = []
    read_image = image_cache.read_image
    monkeypatch.setattr(image_cache, "read_image", lambda path: decoded.append(path) or read_image(path))
    cache = ImageCache(2 * IMAGE_BYTES + 1)
    for _ in range(3):
        assert [int(cache.read(path).max()) for path in paths] == [0, 1, 2, 3]
    assert [decoded.count(path) for path in paths] == [1, 1, 3, 3]
    assert cache.bytes_held == 2 * IMAGE_BYTES


def test_threads_do_not_count_an_image_twice(paths):
    cache = ImageCache(100 * IMAGE_BYTES)
    with ThreadPoolExecutor(8) as pool:
        images = list(pool.map(cache.read, paths * 50))
    assert cache.bytes_held == 4 * IMAGE_BYTES
    assert [int(image[0, 0, 0]) for image in images[:4]] == [0, 1, 2, 3]


def test_stored_pixels_are_shared_by_readers_and_decoded_again_when_the_image_changes(paths, tmp_path, monkeypatch):
    decoded = []
    read_image = image_cache.read_image
    monkeypatch.setattr(image_cache, "read_image", lambda path: decoded.append(path) or read_image(path))
    for _ in range(3):  # as three runs do
        cache = StoredImageCache(tmp_path / "cache", 1 << 20)
        for n, path in enumerate(paths):
            np.testing.assert_array_equal(cache.read(path), np.full((10, 20, 3), n, np.uint8))
    assert decoded == paths
    cv2.imwrite(str(paths[1]), np.full((7, 5, 3), 9, np.uint8))
    assert cache.read(paths[1]).shape == (7, 5, 3)
    with pytest.raises(ValueError):
        cache.read(paths[0])[0, 0] = 1


def test_stored_pixels_stay_within_the_budget_of_all_runs(paths, tmp_path):
    for _ in range(3):
        cache = StoredImageCache(tmp_path / "cache", 3 * IMAGE_BYTES)
        assert [int(cache.read(path).max()) for path in paths] == [0, 1, 2, 3]
    assert len(list((tmp_path / "cache").iterdir())) == 2  # a file has a head of 128 bytes


@pytest.mark.parametrize("damage", [b"", b"no array", b"\x93NUMPY"])
def test_damaged_stored_pixels_are_decoded_again(paths, tmp_path, damage):
    StoredImageCache(tmp_path / "cache", 1 << 20).read(paths[2])
    (stored,) = (tmp_path / "cache").iterdir()
    stored.write_bytes(damage)
    assert int(StoredImageCache(tmp_path / "cache", 1 << 20).read(paths[2]).max()) == 2


def test_a_cache_folder_that_cannot_be_made_is_named(paths):
    with pytest.raises(UserError, match="0.png"):
        StoredImageCache(paths[0] / "cache", 1 << 20)


def test_cached_pixels_cannot_be_changed_by_a_reader(paths):
    with pytest.raises(ValueError):
        ImageCache(10 * IMAGE_BYTES).read(paths[0])[0, 0] = 1


def test_file_source_gives_the_image_and_its_faces(paths):
    nothing = np.zeros(0, bool)
    faces = [LabelledImage(path, np.zeros((0, 4)), np.zeros((0, 5, 2)), nothing, nothing) for path in paths]
    source = FileSource(faces, ImageCache(IMAGE_BYTES))
    image, labelled = source.load(2)
    assert (len(source), int(image.max())) == (4, 2)
    assert labelled is faces[2]


def test_unreadable_file_is_named(paths):
    paths[1].write_bytes(b"no image")
    with pytest.raises(UserError, match="1.png"):
        ImageCache(0).read(paths[1])
