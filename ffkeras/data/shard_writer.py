"""Writing labelled images as shards, which `ffkeras.data.shards` reads."""

import dataclasses
import hashlib
import itertools
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ffkeras.backend import tf
from ffkeras.data.dataset import split_held_out
from ffkeras.data.digest import DIGITS, dataset_digest
from ffkeras.data.labels import LabelledImage
from ffkeras.data.shards import (
    HELD_OUT_FILE,
    INDEX_FILE,
    ROW,
    TRAINING_FILE,
    JoinedSource,
    Shard,
    ShardIndex,
    ShardSource,
    is_sharded,
)
from ffkeras.errors import UserError
from ffkeras.files import atomic_path, check_writable, read_bytes, read_json, write_json
from ffkeras.images import LARGEST_FILE, decode_image

UNFINISHED_FILE = "unfinished.json"
RECORD_FRAME = 16  # bytes of a TFRecord around a record's own
AT_ONCE = 64  # images that are read before they are written
JPEG_QUALITY = 95

Encoded = tuple[bytes, LabelledImage]
Track = Callable[[Iterable], Iterable]


class EncodedFiles:
    """Labelled image files, with the bytes that go into shards.

    Args:
        images: the files and their faces.
        longest_side: pixels; larger images are made smaller, and written as JPEG. None for every file as it is.
    """

    def __init__(self, images: list[LabelledImage], longest_side: int | None = None):
        training, held_out = split_held_out(images)
        self._held_out = {image.path for image in held_out}
        kept = self._held_out | {image.path for image in training}
        self.images, self.longest_side = [image for image in images if image.path in kept], longest_side

    def __len__(self) -> int:
        return len(self.images)

    @property
    def identity(self) -> str:
        """What differs where other shards would be written."""
        return f"{dataset_digest(self.images)} {self.longest_side}"

    def is_held_out(self, index: int) -> bool:
        """Whether image `index` is for validation, as it is in files; see `split_held_out`."""
        return self.images[index].path in self._held_out

    def encoded(self, index: int) -> Encoded:
        """The bytes of image `index` and its faces. Raises UserError where no picture can be read from the file."""
        labelled = self.images[index]
        data = read_bytes(labelled.path, LARGEST_FILE)
        image = decode_image(data, str(labelled.path))
        if self.longest_side is None or max(image.shape[:2]) <= self.longest_side:
            return data, labelled
        return shrink(image, labelled, self.longest_side)


def shrink(image: np.ndarray, labelled: LabelledImage, longest_side: int) -> Encoded:
    """An image uint8 [H, W, 3] as a JPEG of so many pixels on its longest side, and its faces there."""
    height, width = image.shape[:2]
    size = [max(1, round(side * longest_side / max(height, width))) for side in (width, height)]
    smaller = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    scale = np.array(size, np.float32) / (width, height)
    data = cv2.imencode(".jpg", smaller, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
    return data, dataclasses.replace(
        labelled,
        boxes=(labelled.boxes * np.tile(scale, 2)).astype(np.float32),
        landmarks=(labelled.landmarks * scale).astype(np.float32),
    )


def write_shards(images, folder: Path, shard_bytes: int, workers: int = 2, track: Track = iter) -> ShardIndex:
    """Write labelled images as a folder of shards; what is there of the same images already is kept.

    Shards appear one by one and whole, the index comes last. So a stopped call is done again from the last shard on.

    Args:
        images: `EncodedFiles`, or what has its length, `identity`, `is_held_out` and `encoded`.
        folder: to write; other shards in it are refused.
        shard_bytes: a shard is as large at most, if one image is not larger.
        workers: images that are read and checked at the same time.
        track: shows the progress over the numbers of the images that are left.

    Raises:
        UserError: the folder cannot be written or holds shards of other images, or no image can be read.
    """
    made_from = hashlib.sha256(f"{images.identity} {shard_bytes}".encode()).hexdigest()[:DIGITS]
    check_writable(folder / INDEX_FILE)
    if is_sharded(folder) and ShardIndex.read(folder).made_from == made_from:
        return ShardIndex.read(folder)
    finished = _finished_shards(folder, made_from)
    write_json(folder / UNFINISHED_FILE, {"made_from": made_from})
    begin = finished[-1].end if finished else 0
    places = track(range(begin, len(images)))
    for part in _write_parts(images, _read(images, places, workers), folder, len(finished), shard_bytes):
        finished.append(part)
    index = _write_index(folder, finished, made_from)
    for path in (folder / UNFINISHED_FILE, *(_part_file(folder, part.shard.name) for part in finished)):
        path.unlink(missing_ok=True)
    return index


def check_shards(folder: Path, workers: int = 2, track: Track = iter) -> list[str]:
    """Read every record and decode its image; a sentence for each that is damaged.

    Raises:
        UserError: the index or a file is missing or damaged as a whole.
    """
    sources = [ShardSource(folder, part) for part in (TRAINING_FILE, HELD_OUT_FILE)]

    joined = JoinedSource(sources)

    def problem(index: int) -> str | None:
        try:
            joined.load(index)
        except UserError as error:
            return str(error)
        return None

    found = [line for line in _in_order(problem, track(range(len(joined))), workers) if line]
    digest = _digest(source.rows for source in sources)
    if digest != sources[0].digest:
        found.append(f"{folder / INDEX_FILE} tells of other records than its tables do; copy all three again.")
    return found


@dataclass(frozen=True)
class _Part:
    """A shard that is written: its rows, the number of the next image, its faces, who is in it, who is not.

    Args:
        shard: the file.
        rows: `ROW` [N].
        held_out: bool [N].
        sources: of the rows, by name.
        end: number of the first image after it.
        faces: in its images.
        left_out: a sentence for each image that could not be read.
    """

    shard: Shard
    rows: np.ndarray
    held_out: np.ndarray
    sources: tuple[str, ...]
    end: int
    faces: int
    left_out: tuple[str, ...]

    def write(self, folder: Path) -> None:
        facts = {"shard": dataclasses.asdict(self.shard), "sources": self.sources, "end": self.end}
        facts |= {"faces": self.faces, "left_out": self.left_out}
        with atomic_path(_part_file(folder, self.shard.name)) as temporary:
            np.savez(temporary, rows=self.rows, held_out=self.held_out, facts=json.dumps(facts))

    @classmethod
    def read(cls, path: Path) -> "_Part":
        with np.load(path, allow_pickle=False) as stored:
            facts = json.loads(str(stored["facts"]))
            names, left_out = tuple(facts["sources"]), tuple(facts["left_out"])
            shard = Shard(**facts["shard"])
            return cls(shard, stored["rows"], stored["held_out"], names, facts["end"], facts["faces"], left_out)


def _part_file(folder: Path, shard: str) -> Path:
    return folder / f"{Path(shard).stem}.npz"


def _shard_name(number: int) -> str:
    return f"faces-{number:05d}.tfrecord"


def _finished_shards(folder: Path, made_from: str) -> list[_Part]:
    """The shards that an earlier call has finished, in order. Raises UserError where they are of other images."""
    record = folder / UNFINISHED_FILE
    if not record.exists():
        if any(folder.glob("*.tfrecord")) or (folder / INDEX_FILE).exists():
            raise UserError(f"{folder} holds shards already; choose another --output, or remove them.")
        return []
    if read_json(record).get("made_from") != made_from:
        raise UserError(
            f"{folder} holds shards of other images, sizes or files that have changed; choose another --output."
        )
    parts = []
    for number in itertools.count():
        name = _shard_name(number)
        path, shard = _part_file(folder, name), folder / name
        if not path.exists() or not shard.exists():
            return parts
        part = _Part.read(path)
        if shard.stat().st_size != part.shard.bytes:
            return parts
        parts.append(part)
    raise AssertionError


def _read(images, places: Iterable[int], workers: int) -> Iterator[tuple[int, Encoded | UserError]]:
    """Number and bytes of every image, in order; the error of one that cannot be read."""

    def read(index: int) -> tuple[int, Encoded | UserError]:
        try:
            return index, images.encoded(index)
        except UserError as error:
            return index, error

    return _in_order(read, places, workers)


def _in_order(function: Callable, values: Iterable, workers: int) -> Iterator:
    """The function of all values, in order, `AT_ONCE` of them begun at a time."""
    values = iter(values)
    with ThreadPoolExecutor(workers) as pool:
        while chunk := list(itertools.islice(values, AT_ONCE)):
            yield from pool.map(function, chunk)


def _write_parts(
    images, read: Iterator[tuple[int, Encoded | UserError]], folder: Path, first: int, shard_bytes: int
) -> Iterator[_Part]:
    """Write shard after shard, from number `first` on."""
    waiting, number = next(read, None), first
    while waiting is not None:
        name = _shard_name(number)
        rows, held_out, sources, left_out, faces, size = [], [], {}, [], 0, 0
        with atomic_path(folder / name) as temporary:
            with tf.io.TFRecordWriter(str(temporary)) as writer:
                while waiting is not None:
                    index, image = waiting
                    if isinstance(image, UserError):
                        left_out.append(str(image))
                    else:
                        record, labelled = make_example(*image), image[1]
                        if rows and size + len(record) + RECORD_FRAME > shard_bytes:
                            break
                        writer.write(record)
                        source = sources.setdefault(labelled.source, len(sources))
                        rows.append((number, size, len(record), zlib.crc32(record), source))
                        held_out.append(images.is_held_out(index))
                        faces += len(labelled.boxes)
                        size += len(record) + RECORD_FRAME
                    end, waiting = index + 1, next(read, None)
            if temporary.stat().st_size != size:
                raise UserError(f"cannot write {folder / name}: the disk is full; free some space and start again.")
        table = np.array(rows, ROW), np.array(held_out, bool)
        part = _Part(Shard(name, size), *table, tuple(sources), end, faces, tuple(left_out))
        part.write(folder)
        yield part
        number += 1


def make_example(data: bytes, labelled: LabelledImage) -> bytes:
    """An image file's bytes and its faces as a serialised `tf.train.Example`."""

    def of_bytes(value: bytes) -> tf.train.Feature:
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

    def of_floats(values: np.ndarray) -> tf.train.Feature:
        return tf.train.Feature(float_list=tf.train.FloatList(value=values.ravel().tolist()))

    def of_flags(values: np.ndarray) -> tf.train.Feature:
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values.astype(int).tolist()))

    name = "/".join(labelled.path.parts[-2:])
    features = {
        "image/encoded": of_bytes(data),
        "image/name": of_bytes(name.encode(errors="surrogateescape")),
        "face/boxes": of_floats(labelled.boxes),
        "face/landmarks": of_floats(labelled.landmarks),
        "face/has_landmarks": of_flags(labelled.has_landmarks),
        "face/ignore": of_flags(labelled.ignore),
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(deterministic=True)


def _write_index(folder: Path, parts: list[_Part], made_from: str) -> ShardIndex:
    sources = list(dict.fromkeys(name for part in parts for name in part.sources))
    rows = [part.rows.copy() for part in parts]
    for table, part in zip(rows, parts, strict=True):
        numbers = np.array([sources.index(name) for name in part.sources] or [0])
        table["source"] = numbers[table["source"]]
    table = np.concatenate(rows) if rows else np.zeros(0, ROW)
    if not len(table):
        first = next((line for part in parts for line in part.left_out), "there are none")
        raise UserError(f"{folder}: no image could be written; {first}")
    held_out = np.concatenate([part.held_out for part in parts])
    if held_out.all():  # of very few images; see `split_held_out`
        held_out[:] = False
    tables = table[~held_out], table[held_out]
    for name, kept in zip((TRAINING_FILE, HELD_OUT_FILE), tables, strict=True):
        with atomic_path(folder / name) as temporary:
            np.save(temporary, kept)
    shards = tuple(part.shard for part in parts if part.shard.bytes)
    left_out = tuple(line for part in parts for line in part.left_out)
    counts = len(tables[0]), len(tables[1]), sum(part.faces for part in parts)
    index = ShardIndex(*counts, tuple(sources), shards, _digest(tables), made_from, left_out)
    write_json(folder / INDEX_FILE, index.to_json())
    return index


def _digest(tables: Iterable[np.ndarray]) -> str:
    digest = hashlib.sha256()
    for table in tables:
        digest.update(f"{table.shape}".encode() + table.tobytes())
    return digest.hexdigest()[:DIGITS]
