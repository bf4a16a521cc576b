"""The training data as a `tf.data` dataset whose batch k depends on (seed, k) alone."""

import contextlib
import functools
import re
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from ffkeras.backend import tf
from ffkeras.data.samples import PipelineConfig, Source, make_sample, normalised_faces
from ffkeras.errors import UserError

PREFETCHED_BATCHES = 2
END_OF_TIME = np.iinfo(np.int64).max
ERROR_MARKS = ("<user-error>", "</user-error>")

Encode = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], dict[str, np.ndarray]]
NO_FACES = (np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, bool), np.zeros(0, bool))


def _load(source: Source, config: PipelineConfig, encode: Encode, position: np.int64) -> tuple[np.ndarray, ...]:
    """Image and targets of a sample, for tf.numpy_function: a UserError is marked to be found again."""
    try:
        sample = make_sample(source, config, int(position))
    except UserError as error:
        raise RuntimeError(f"{ERROR_MARKS[0]}{error}{ERROR_MARKS[1]}") from error
    return sample.image, *encode(*normalised_faces(sample, config.image_size)).values()


def training_dataset(source: Source, config: PipelineConfig, encode: Encode, start_step: int = 0) -> tf.data.Dataset:
    """An endless dataset of (images, targets).

    Every sample comes once an epoch, in an order drawn from (seed, epoch), augmented by a generator seeded with
    (seed, epoch, index). So batch k is the same whatever the number of workers, and a dataset that starts at step k
    gives what an uninterrupted one gives from there on. An unreadable image is replaced by the next one that can be
    read; iterate inside `user_errors` so that a whole set that is gone stops the run with a sentence.

    Args:
        source: the samples.
        config: sizes, seed and workers.
        encode: a function of one sample's faces: boxes float32 [N, 4] (corners) and landmarks float32 [N, 5, 2], both
            normalised to the network input, has_landmarks bool [N], ignore bool [N]; it returns a dictionary of arrays
            whose names, shapes and types are always the same.
        start_step: the first batch.

    Returns:
        Batches of images float32 [B, H, W, 3], BGR minus mean, and the dictionary of targets, each [B, ...]; B is
        `config.part_size`.
    """
    cv2.setNumThreads(1)  # the workers are the threads; OpenCV's own would only get in their way
    example = encode(*NO_FACES)
    types = (tf.uint8, *(tf.as_dtype(value.dtype) for value in example.values()))
    shapes = ((*config.image_size, 3), *(value.shape for value in example.values()))

    def load(number):  # of the samples that are made here, from the start of training
        step, row = number // config.part_size, number % config.part_size
        position = step * config.batch_size + config.part[0] * config.part_size + row
        tensors = tf.numpy_function(functools.partial(_load, source, config, encode), [position], types, stateful=False)
        image, *targets = (tf.ensure_shape(tensor, shape) for tensor, shape in zip(tensors, shapes, strict=True))
        return image, dict(zip(example, targets, strict=True))

    def normalise(images, targets):
        # Row by row: TensorFlow is slow at broadcasting over a last axis of three.
        batch, height, width, channels = images.shape
        rows = tf.reshape(images, (batch, height, width * channels))
        mean = tf.tile(tf.constant(config.mean, tf.float32), [width])
        return tf.reshape(tf.cast(rows, tf.float32) - mean, images.shape), targets

    dataset = tf.data.Dataset.range(start_step * config.part_size, END_OF_TIME // config.part[1])
    dataset = dataset.map(load, num_parallel_calls=config.workers, deterministic=True)
    dataset = dataset.batch(config.part_size, drop_remainder=True)
    return dataset.map(normalise).prefetch(PREFETCHED_BATCHES)


@contextlib.contextmanager
def user_errors() -> Iterator[None]:
    """Around the iteration over a training dataset: raise a sample's UserError, which TensorFlow wraps, as itself."""
    try:
        yield
    except tf.errors.OpError as error:
        found = re.search("(.*?)".join(ERROR_MARKS), error.message, re.DOTALL)
        if found is None:
            raise
        raise UserError(found[1]) from error
