"""Which augmented sample stands at which place of the endless training sequence; without TensorFlow."""

import functools
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ffkeras.data.augment import Sample, augment
from ffkeras.data.augment_config import AugmentConfig
from ffkeras.data.labels import LabelledImage
from ffkeras.data.mosaic import mosaic
from ffkeras.errors import UserError

MOST_BAD = 100  # pictures in a row that cannot be read: then the whole set is gone, such as with its disk


class Source(Protocol):
    """Where samples come from: `FileSource`, `SyntheticFaces`, or anything with these two methods."""

    def __len__(self) -> int:
        """Number of samples in an epoch; at least 1."""

    def load(self, index: int) -> tuple[np.ndarray, LabelledImage]:
        """Sample `index`: uint8 BGR [H, W, 3], and its faces in pixels. Called from several threads at once."""


@dataclass(frozen=True)
class PipelineConfig:
    """How batches are made.

    Args:
        image_size: (height, width) of the network input, multiples of 32.
        batch_size: samples per batch.
        mean: BGR, subtracted from the images; also fills what lies beyond an image.
        seed: of the sample order and of all augmentation, 0 or greater.
        augment: how samples are varied.
        workers: samples made at the same time.
        part: (index, count): which of `count` equal parts of every batch is made, for processes that share batches.
    """

    image_size: tuple[int, int]
    batch_size: int
    mean: tuple[float, float, float]
    seed: int = 0
    augment: AugmentConfig = AugmentConfig()
    workers: int = 2
    part: tuple[int, int] = (0, 1)

    @property
    def part_size(self) -> int:
        """Samples in the part of a batch that is made."""
        return self.batch_size // self.part[1]


def steps_per_epoch(source: Source, config: PipelineConfig) -> int:
    """Whole batches in an epoch, at least 1."""
    return max(1, len(source) // config.batch_size)


@functools.lru_cache(maxsize=2)  # threads work on both sides of an epoch's end
def sample_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of `count` samples in an epoch: a permutation int64 [count] that depends on the arguments alone."""
    return np.random.default_rng((seed, epoch)).permutation(count)


def make_sample(source: Source, config: PipelineConfig, position: int) -> Sample:
    """The sample at a position of the endless sequence, augmented: a pure function of (source, config, position)."""
    indices, rng = _chosen(len(source), config, position)
    parts = [_load(source, part) for part in indices]
    if len(parts) > 1:
        return mosaic(parts, config.image_size, config.mean, config.augment, rng)
    return augment(parts[0], config.image_size, config.mean, config.augment, rng)


def images_of(count: int, config: PipelineConfig, position: int) -> list[int]:
    """Which of `count` images the sample at a position is made of."""
    return _chosen(count, config, position)[0]


def _chosen(count: int, config: PipelineConfig, position: int) -> tuple[list[int], np.random.Generator]:
    """The images of a sample, one or four, and the generator that augments them."""
    epoch, place = divmod(position, count)
    index = int(sample_order(count, config.seed, epoch)[place])
    rng = np.random.default_rng((config.seed, epoch, index))
    if config.augment.mosaic_probability and rng.random() < config.augment.mosaic_probability:
        return [index, *rng.integers(count, size=3).tolist()], rng
    return [index], rng


def _load(source: Source, index: int) -> Sample:
    """Sample `index`, or the next one that can be read: a bad picture is no reason to end a run that has begun."""
    bad = None
    for offset in range(min(len(source), MOST_BAD)):
        try:
            image, faces = source.load((index + offset) % len(source))
        except UserError as error:
            bad = bad or error
        else:
            return Sample(image, faces.boxes, faces.landmarks, faces.has_landmarks, faces.ignore)
    raise bad


def normalised_faces(sample: Sample, image_size: tuple[int, int]) -> tuple[np.ndarray, ...]:
    """Boxes float32 [N, 4] and landmarks float32 [N, 5, 2] normalised to the network input, has_landmarks, ignore."""
    size = np.array(image_size[::-1], np.float32)
    boxes = (sample.boxes.reshape(-1, 2, 2) / size).reshape(-1, 4)
    landmarks = (sample.landmarks / size).astype(np.float32)
    return boxes.astype(np.float32), landmarks, sample.has_landmarks, sample.ignore
