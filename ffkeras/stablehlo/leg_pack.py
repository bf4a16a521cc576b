"""A leg of a run, packed for a machine that has JAX but no TensorFlow."""

import functools
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from ffkeras.backend import tf
from ffkeras.data.digest import DIGITS
from ffkeras.data.image_cache import FileSource
from ffkeras.data.labels import LabelledImage
from ffkeras.data.samples import Source, images_of
from ffkeras.data.shard_writer import shrink, write_shards
from ffkeras.data.shards import ChosenSource, JoinedSource, ShardSource
from ffkeras.errors import UserError
from ffkeras.files import atomic_path, read_bytes, write_bytes
from ffkeras.images import LARGEST_FILE, decode_image
from ffkeras.stablehlo.arrays import pack
from ffkeras.stablehlo.batches import layout
from ffkeras.stablehlo.export import TARGETS, lower, unique, write_lowered
from ffkeras.stablehlo.forms import XLA
from ffkeras.stablehlo.leg import (
    DATA_FOLDER,
    LEG_FILE,
    NUMBERS_FILE,
    SCHEDULE_FILE,
    STATE_FILE,
    STEPS,
    Leg,
    check_sizes,
    write_pieces,
)
from ffkeras.stablehlo.state import StateLayout, pack_state
from ffkeras.training.checkpoint import RunCheckpoint
from ffkeras.training.trainer import Trainer

PNG_OF_DRAWN = ".png"  # drawn images have no file whose bytes could be taken


def leg_variables(trainer: Trainer) -> list[tf.Variable]:
    """All that a step of a run reads or changes, in an order that the run alone decides; the learning rate first."""
    step = trainer.training_step
    return unique(
        [
            step.optimizer._learning_rate,
            *trainer.model.weights,
            *trainer.loss.trainable_variables,
            *step.optimizer.variables,
            *step.average.average,
            step.count,
            *step.scale_variables,
        ]
    )


def pack_leg(
    trainer: Trainer,
    folder: Path,
    steps: int,
    piece_bytes: int,
    longest_side: int | None = None,
    track: Callable[[Iterable], Iterable] = iter,
) -> Leg:
    """Write the next steps of a run into a folder.

    A leg ends at the latest where the run does, and where it must keep its state, before the learning rate decays.

    Args:
        trainer: of the run, as `resume_run` opened it; do not go on with it.
        folder: for the leg.
        steps: that the leg should have.
        piece_bytes: no file is larger.
        longest_side: larger pictures are made so small, in pixels; the steps are then not quite those of the run.
        track: shows progress over the pictures.

    Raises:
        UserError: the folder holds a leg, the run is done, or a picture cannot be read.
    """
    if (folder / LEG_FILE).exists():
        raise UserError(f"{folder} holds a leg already; name another folder.")
    if RunCheckpoint.exists(trainer.folder):
        trainer.checkpoint.restore()
    first = trainer.step
    ends = [first + steps, trainer.total_steps, trainer.schedule.stable_steps]
    end = min(end for end in ends if end > first) if first < trainer.total_steps else first
    if end == first:
        raise UserError(f"{trainer.folder} has done all of its {first} steps; there is nothing to pack.")
    trainer.training_step.optimizer._learning_rate = tf.Variable(0.0, trainable=False, name="learning_rate")
    variables = leg_variables(trainer)
    values = [variable.numpy() for variable in variables]
    state_layout = StateLayout.of(values)
    leg = Leg(
        first,
        end,
        len(trainer.source),
        state_layout.shapes,
        state_layout.types,
        tuple(trainer.loss.names),
        state_digest(values),
        trainer.config,
        tuple(map(float, trainer.model.config.mean)),
        trainer.model.config.anchors,
    )
    _write_data(leg, trainer, folder, piece_bytes, longest_side, track)
    numbers = range(first, end)
    rates = np.array([trainer.schedule.rate_at(number) for number in numbers], np.float32)
    frozen = np.array([trainer.schedule.is_frozen_at(number) for number in numbers])
    _write_steps(leg, trainer, folder, variables, {STEPS[int(kind)] for kind in set(frozen.tolist())})
    write_bytes(folder / STATE_FILE, pack(list(pack_state(values).values())))
    write_bytes(folder / SCHEDULE_FILE, pack([rates, frozen]))
    check_sizes(folder, piece_bytes)
    leg.write(folder)
    write_pieces(folder)
    return leg


def state_digest(values: list[np.ndarray]) -> str:
    """Sixteen digits that follow from a state, the learning rate apart, which is set anew before each step."""
    digest = hashlib.sha256()
    for value in values[1:]:
        digest.update(f"{value.dtype}{value.shape}".encode() + np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()[:DIGITS]


class _LegImages:
    """The pictures of a leg, for `write_shards`."""

    def __init__(self, source: Source, numbers: list[int], identity: str, longest_side: int | None):
        self.source, self.numbers, self.longest_side = source, numbers, longest_side
        self.identity = f"{identity} {longest_side}"

    def __len__(self) -> int:
        return len(self.numbers)

    def is_held_out(self, index: int) -> bool:
        return False

    def encoded(self, index: int) -> tuple[bytes, LabelledImage]:
        data, labelled = encoded_of(self.source, self.numbers[index])
        if self.longest_side is not None:
            image = decode_image(data, str(labelled.path))
            if max(image.shape[:2]) > self.longest_side:
                return shrink(image, labelled, self.longest_side)
        return data, labelled


def encoded_of(source: Source, index: int) -> tuple[bytes, LabelledImage]:
    """An image of a source as a file's bytes, without loss, and its faces. Raises UserError where it is unreadable."""
    if isinstance(source, JoinedSource | ChosenSource):
        return encoded_of(*source.place_of(index))
    if isinstance(source, ShardSource):
        return source.encoded(index)
    if isinstance(source, FileSource):
        labelled = source.images[index]
        data = read_bytes(labelled.path, LARGEST_FILE)
        decode_image(data, str(labelled.path))
        return data, labelled
    image, labelled = source.load(index)
    return cv2.imencode(PNG_OF_DRAWN, image)[1].tobytes(), labelled


def _write_data(
    leg: Leg, trainer: Trainer, folder: Path, piece_bytes: int, longest_side: int | None, track: Callable
) -> None:
    pipeline, count, size = trainer.pipeline, leg.count, leg.training.batch_size
    positions = range(leg.first_step * size, leg.last_step * size)
    numbers = sorted({index for position in positions for index in images_of(count, pipeline, position)})
    images = _LegImages(trainer.source, numbers, f"{leg.digest} {leg.last_step}", longest_side)
    index = write_shards(images, folder / DATA_FOLDER, piece_bytes, track=track)
    if index.left_out:
        raise UserError(index.left_out[0])
    with atomic_path(folder / NUMBERS_FILE) as temporary:
        np.save(temporary, np.array(numbers, np.int64))


def _write_steps(leg: Leg, trainer: Trainer, folder: Path, variables: list[tf.Variable], kinds: set[str]) -> None:
    step, mean = trainer.training_step, tf.constant(leg.mean, tf.float32)
    trainer.use_forms(XLA)

    def train(frozen: bool, pixels, *targets):
        images = tf.cast(pixels, tf.float32) - mean
        return step(images, dict(zip(TARGETS, targets, strict=True)), frozen)

    examples = [tf.zeros(shape, tf.as_dtype(kind)) for shape, kind in layout(leg)]
    for name in sorted(kinds):
        write_lowered(folder, name, *lower(functools.partial(train, name == STEPS[1]), examples, variables))
