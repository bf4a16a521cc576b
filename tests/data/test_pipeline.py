import subprocess
import sys

import cv2
import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.data.augment_config import AugmentConfig
from ffkeras.data.image_cache import FileSource, ImageCache
from ffkeras.data.labels import LabelledImage
from ffkeras.data.pipeline import training_dataset, user_errors
from ffkeras.data.samples import PipelineConfig, images_of, make_sample, steps_per_epoch
from ffkeras.errors import UserError

MEAN = (104.0, 117.0, 123.0)


class Drawn:
    """Samples drawn from their index, some without faces."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def load(self, index):
        rng = np.random.default_rng(index)
        faces = index % 4
        starts = rng.uniform(0, 40, (faces, 2))
        boxes = np.concatenate([starts, starts + rng.uniform(5, 30, (faces, 2))], axis=1).astype(np.float32)
        landmarks = rng.uniform(1, 70, (faces, 5, 2)).astype(np.float32)
        marked = np.ones(faces, bool)
        labelled = LabelledImage(None, boxes, landmarks, marked, np.zeros(faces, bool))
        return rng.integers(0, 256, (60, 80, 3), dtype=np.uint8), labelled


def encode(boxes, landmarks, has_landmarks, ignore):
    points = (landmarks.sum(axis=(1, 2)) * has_landmarks).sum()
    return {"boxes": boxes[~ignore].sum(axis=0, dtype=np.float32), "points": np.float32(points)}


def config_of(**changes):
    return PipelineConfig(**{"image_size": (64, 96), "batch_size": 4, "mean": MEAN, "seed": 5, "workers": 2, **changes})


def batches(source, config, count, start_step=0):
    found = []
    for images, targets in training_dataset(source, config, encode, start_step).take(count):
        found.append((images.numpy(), {name: value.numpy() for name, value in targets.items()}))
    return found


def assert_same(first, second):
    assert len(first) == len(second)
    for (images, targets), (other_images, other_targets) in zip(first, second, strict=True):
        np.testing.assert_array_equal(images, other_images)
        for name in targets:
            np.testing.assert_array_equal(targets[name], other_targets[name])


def test_resumed_dataset_equals_the_uninterrupted_one_bit_for_bit():
    source, config = Drawn(10), config_of()
    uninterrupted = batches(source, config, 9)
    for step in (1, 3, 7):  # 2.5 steps an epoch: inside an epoch, over its end, and in a later one
        assert_same(uninterrupted[step:], batches(source, config, 9 - step, start_step=step))


def test_data_do_not_depend_on_the_number_of_workers():
    assert_same(batches(Drawn(10), config_of(workers=1), 5), batches(Drawn(10), config_of(workers=7), 5))


@pytest.mark.parametrize("count", [2, 4])
def test_the_parts_of_processes_that_share_batches_make_up_each_batch(count):
    source, start = Drawn(10), 3
    whole = batches(source, config_of(), 5, start_step=start)
    parts = [batches(source, config_of(part=(i, count)), 5, start_step=start) for i in range(count)]
    joined = []
    for same_batch in zip(*parts, strict=True):
        images, targets = zip(*same_batch, strict=True)
        joined.append((np.concatenate(images), {n: np.concatenate([t[n] for t in targets]) for n in targets[0]}))
    assert_same(joined, whole)


@pytest.mark.parametrize("mosaic", [0.0, 0.5])
def test_the_images_of_a_sample_are_known_before_it_is_made(mosaic):
    class Recorded(Drawn):
        def load(self, index):
            seen.append(index)
            return super().load(index)

    config = config_of(augment=AugmentConfig(mosaic_probability=mosaic))
    lengths = set()
    for position in range(20):
        seen = []
        make_sample(Recorded(10), config, position)
        assert images_of(10, config, position) == seen
        lengths.add(len(seen))
    assert lengths == ({1, 4} if mosaic else {1})


def test_every_sample_comes_once_an_epoch_in_a_new_order():
    class Recorded(Drawn):
        def load(self, index):
            seen.append(index)
            return super().load(index)

    seen = []
    source, config = Recorded(10), config_of()
    for position in range(30):
        make_sample(source, config, position)
    epochs = [seen[start : start + 10] for start in (0, 10, 20)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_an_image_is_augmented_anew_each_epoch_and_for_each_seed():
    images = [make_sample(Drawn(1), config_of(), position).image.tobytes() for position in range(8)]
    assert len(set(images)) == 8
    assert make_sample(Drawn(1), config_of(seed=6), 0).image.tobytes() != images[0]


def test_batches_have_static_shapes_and_the_mean_subtracted():
    dataset = training_dataset(Drawn(10), config_of(), encode)
    images, targets = dataset.element_spec
    assert (images.shape, images.dtype) == ((4, 64, 96, 3), tf.float32)
    assert targets["boxes"].shape == (4, 4)
    values = next(iter(dataset))[0].numpy()
    pixels = values + np.array(MEAN, np.float32)
    np.testing.assert_array_equal(pixels, np.round(pixels))
    sample = make_sample(Drawn(10), config_of(), 0)
    np.testing.assert_array_equal(pixels[0], sample.image)


def test_faces_reach_the_encoder_normalised():
    sample = make_sample(Drawn(10), config_of(), 1)
    expected = (sample.boxes[~sample.ignore] / (96, 64, 96, 64)).sum(axis=0)
    ((_, targets),) = batches(Drawn(10), config_of(), 1)
    np.testing.assert_allclose(targets["boxes"][1], expected, atol=1e-5)


def test_images_without_faces_make_batches():
    class Empty(Drawn):
        def load(self, index):
            return super().load(4 * index)

    ((_, targets),) = batches(Empty(3), config_of(), 1)
    assert not targets["boxes"].any()


def test_fewer_samples_than_a_batch_still_make_batches():
    assert steps_per_epoch(Drawn(3), config_of()) == 1
    assert steps_per_epoch(Drawn(11), config_of()) == 2
    assert len(batches(Drawn(3), config_of(), 3)) == 3


def file_source(*paths):
    nothing = np.zeros(0, bool)
    faces = [LabelledImage(path, np.zeros((0, 4)), np.zeros((0, 5, 2)), nothing, nothing) for path in paths]
    return FileSource(faces, ImageCache(1 << 20))


def test_a_picture_that_goes_bad_is_skipped_and_counted(tmp_path):
    good, bad = tmp_path / "good.jpg", tmp_path / "bad (1).jpg"
    cv2.imwrite(str(good), np.zeros((40, 40, 3), np.uint8))
    bad.write_bytes(good.read_bytes()[:30])
    source = file_source(good, bad)
    assert len(batches(source, config_of(), 3)) == 3
    assert list(source.bad) == [bad]
    assert "bad (1).jpg" in source.bad[bad]


def test_a_set_whose_pictures_are_all_gone_stops_training_with_a_name(tmp_path):
    gone = tmp_path / "gone (1).jpg"
    source = file_source(gone, gone)
    with pytest.raises(UserError, match=r"gone \(1\).jpg") as caught, user_errors():
        batches(source, config_of(), 2)
    with pytest.raises(UserError) as expected:
        source.load(1)
    assert str(caught.value) == str(expected.value)


def test_other_failures_are_not_taken_for_the_users():
    with pytest.raises(tf.errors.InvalidArgumentError), user_errors():
        tf.debugging.assert_equal(tf.constant(1), tf.constant(2))


def test_reading_and_augmenting_needs_no_tensorflow():
    code = "import sys, ffkeras.data; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
