"""Labelled images in TFRecord files with an index: any of them is read at once, and none is held in memory.

A folder of shards has `index.json`, the TFRecord files that it lists, and `training.npy` and `held_out.npy`, which say
where the record of each image lies. A record is a `tf.train.Example` with `image/encoded`, `image/name`, `face/boxes`,
`face/landmarks`, `face/has_landmarks` and `face/ignore`. Nothing here needs TensorFlow; `shard_writer` does.
"""

import bisect
import dataclasses
import itertools
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ffkeras.data.labels import LabelledImage
from ffkeras.data.samples import Source
from ffkeras.data.tf_example import parse_example
from ffkeras.errors import UserError
from ffkeras.files import read_json
from ffkeras.images import decode_image

INDEX_FILE, TRAINING_FILE, HELD_OUT_FILE = "index.json", "training.npy", "held_out.npy"
FORMAT = 1
RECORD_HEADER = 12  # bytes before a record's own: its length, and the checksum of the length
ROW = np.dtype([("shard", "<u4"), ("offset", "<u8"), ("bytes", "<u4"), ("crc32", "<u4"), ("source", "<u4")])
WRITE_AGAIN = "write the set again with tools/make_tfrecords.py"


@dataclass(frozen=True)
class Shard:
    """One TFRecord file: its name, and its size in bytes."""

    name: str
    bytes: int


@dataclass(frozen=True)
class ShardIndex:
    """What `index.json` says.

    Args:
        training: images to train on.
        held_out: images held out for validation.
        faces: in all of them.
        sources: names of the data sets that the images are of; the index's rows count them from 0.
        shards: in the order in which the index's rows count them.
        digest: of all records and their order.
        made_from: a digest of what it was written from.
        left_out: a sentence for each image that could not be read.
        format: of the folder.
    """

    training: int
    held_out: int
    faces: int
    sources: tuple[str, ...]
    shards: tuple[Shard, ...]
    digest: str
    made_from: str
    left_out: tuple[str, ...] = ()
    format: int = FORMAT

    @classmethod
    def read(cls, folder: Path) -> "ShardIndex":
        """The index of a folder. Raises UserError where it is damaged, or a shard is missing or of another size."""
        path = folder / INDEX_FILE
        values = read_json(path)
        if values.get("format") != FORMAT:
            raise UserError(f"{path} is of format {values.get('format')!r}, not {FORMAT}; {WRITE_AGAIN}.")
        try:
            shards = tuple(Shard(**shard) for shard in values["shards"])
            index = cls(**{**values, "shards": shards, "sources": tuple(values["sources"])})
            object.__setattr__(index, "left_out", tuple(index.left_out))
            wrong = any(type(n) is not int or n < 0 for n in (index.training, index.held_out, index.faces))
            wrong |= any(Path(shard.name).name != shard.name for shard in shards)
        except (TypeError, KeyError, ValueError) as error:
            raise UserError(f"{path} is no index of shards: {error}; {WRITE_AGAIN}.") from error
        if wrong:
            raise UserError(f"{path} is no index of shards; {WRITE_AGAIN}.")
        for shard in shards:
            file = folder / shard.name
            if not file.is_file():
                raise UserError(f"{file} does not exist; copy it here, or {WRITE_AGAIN}.")
            if file.stat().st_size != shard.bytes:
                raise UserError(
                    f"{file} has {file.stat().st_size:,} bytes instead of {shard.bytes:,}; copy it again, "
                    f"or {WRITE_AGAIN}."
                )
        return index

    def to_json(self) -> dict:
        """The index as a JSON object."""
        return dataclasses.asdict(self)


def is_sharded(folder: str | os.PathLike) -> bool:
    """Whether a folder holds shards."""
    return (Path(folder) / INDEX_FILE).is_file()


class ShardSource:
    """The images of one part of a folder of shards as samples (see `ffkeras.data.samples.Source`).

    The table of records is mapped, not read; files are opened for each record. So memory does not grow with the set.

    Args:
        folder: of the shards.
        part: `TRAINING_FILE` or `HELD_OUT_FILE`.

    Attributes:
        digest: of the set.
        rows: `ROW` [N], where the record of each image lies.
        bad: a sentence for each record that could not be read.

    Raises:
        UserError: a file is missing or damaged as a whole; records are checked when they are read.
    """

    def __init__(self, folder: str | os.PathLike, part: str = TRAINING_FILE):
        self.folder, self.part = Path(folder), part
        self.index = ShardIndex.read(self.folder)
        self.digest = self.index.digest
        self.bad: dict[Path, str] = {}
        count = self.index.training if part == TRAINING_FILE else self.index.held_out
        self.rows = _read_rows(self.folder / part, count)

    def __len__(self) -> int:
        return len(self.rows)

    def load(self, index: int) -> tuple[np.ndarray, LabelledImage]:
        """The image, uint8 BGR [H, W, 3], and its faces in pixels. Raises UserError where the record is damaged."""
        try:
            data, labelled = self.encoded(index)
            return decode_image(data, str(labelled.path)), labelled
        except UserError as error:
            self.bad[self.folder / f"{self.part}, record {index}"] = str(error)
            raise

    def encoded(self, index: int) -> tuple[bytes, LabelledImage]:
        """The image file's bytes, and its faces in pixels. Raises UserError where the record is damaged."""
        row = self.rows[index]
        where = f"record {index} of {self.folder / self.part}"
        try:
            shard, source = self.index.shards[row["shard"]], self.index.sources[row["source"]]
            record = _read_range(self.folder / shard.name, int(row["offset"]) + RECORD_HEADER, int(row["bytes"]))
            where = f"record {index} of {self.part} in {self.folder / shard.name}"
            if zlib.crc32(record) != row["crc32"]:
                raise ValueError("its checksum differs")
            return _labelled(parse_example(record), source)
        except (ValueError, KeyError, IndexError) as error:
            raise UserError(f"{where} is damaged ({error}); copy the file again, or {WRITE_AGAIN}.") from error

    def first_of_each_source(self, most: int) -> list[int]:
        """Up to `most` images of each data set, in order."""
        sources = self.rows["source"]
        return sorted(
            int(i) for source in range(len(self.index.sources)) for i in np.flatnonzero(sources == source)[:most]
        )


class ChosenSource:
    """Some samples of another source, by their numbers."""

    def __init__(self, source: Source, indices: list[int]):
        self.source, self.indices = source, indices

    def __len__(self) -> int:
        return len(self.indices)

    def load(self, index: int) -> tuple[np.ndarray, LabelledImage]:
        """See `Source`."""
        source, place = self.place_of(index)
        return source.load(place)

    def place_of(self, index: int) -> tuple[Source, int]:
        """The source of a sample, and its number there."""
        return self.source, self.indices[index]


class JoinedSource:
    """Several sources, one after another."""

    def __init__(self, sources: list[Source]):
        self.sources = sources
        self._ends = list(itertools.accumulate(map(len, sources)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def load(self, index: int) -> tuple[np.ndarray, LabelledImage]:
        """See `Source`."""
        source, place = self.place_of(index)
        return source.load(place)

    def place_of(self, index: int) -> tuple[Source, int]:
        """The source of a sample, and its number there."""
        part = bisect.bisect_right(self._ends, index)
        return self.sources[part], index - (self._ends[part - 1] if part else 0)


def parts_of(source: Source) -> list[Source]:
    """The sources that a source was joined or chosen from; itself, where it was not."""
    if isinstance(source, JoinedSource):
        return [part for one in source.sources for part in parts_of(one)]
    return parts_of(source.source) if isinstance(source, ChosenSource) else [source]


def _read_rows(path: Path, count: int) -> np.ndarray:
    """A table of records, mapped. Raises UserError where it is missing, damaged or of another length."""
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist; copy it here, or {WRITE_AGAIN}.") from error
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} is damaged ({error}); copy it again, or {WRITE_AGAIN}.") from error
    if rows.dtype != ROW or rows.shape != (count,):
        raise UserError(f"{path} is not the table of {count} records that {INDEX_FILE} tells of; {WRITE_AGAIN}.")
    return rows


def _read_range(path: Path, start: int, count: int) -> bytes:
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(start)
            data = file.read(count)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; check the path.") from error
    if len(data) != count:
        raise ValueError("it breaks off")
    return data


def _labelled(features: dict, source: str) -> tuple[bytes, LabelledImage]:
    def numbers(name: str, shape: tuple[int, ...], kind: type) -> np.ndarray:
        return np.array(features.get(name, []), kind).reshape(shape)

    (data,), (name,) = features["image/encoded"], features["image/name"]
    labelled = LabelledImage(
        Path(name.decode(errors="surrogateescape")),
        numbers("face/boxes", (-1, 4), np.float32),
        numbers("face/landmarks", (-1, 5, 2), np.float32),
        numbers("face/has_landmarks", (-1,), bool),
        numbers("face/ignore", (-1,), bool),
        source,
    )
    lengths = {len(v) for v in (labelled.boxes, labelled.landmarks, labelled.has_landmarks, labelled.ignore)}
    if len(lengths) != 1:
        raise ValueError("its labels are of different numbers of faces")
    return data, labelled
