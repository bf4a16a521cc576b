"""A leg of a run: some of its steps, with all that another machine needs to do them; without TensorFlow.

A folder holds `leg.json`, the step as StableHLO, `state.npz`, the learning rates in `schedule.npz`, and in `data/` the
pictures that these steps see, as shards. No file is larger than the machine's way in allows, and `pieces.json` tells
which files there must be. What comes back is one file, `result.npz`.
"""

import bisect
import dataclasses
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ffkeras.data.labels import LabelledImage
from ffkeras.data.shards import ShardSource
from ffkeras.errors import UserError
from ffkeras.files import atomic_path, checksum, read_json, write_json
from ffkeras.geometry import AnchorConfig
from ffkeras.training.config import TrainingConfig

LEG_FILE, PIECES_FILE, RESULT_FILE = "leg.json", "pieces.json", "result.npz"
STATE_FILE, SCHEDULE_FILE, NUMBERS_FILE = "state.npz", "schedule.npz", "numbers.npy"
DATA_FOLDER = "data"
STEPS = ("moving", "frozen")  # names of the step on batch statistics, and of the one on moving statistics


@dataclass(frozen=True)
class Leg:
    """What a leg is; its `shapes` and `types` are those of a `StateLayout`.

    Args:
        first_step: steps that the run has done before it.
        last_step: steps that it has done afterwards.
        count: images in the run's training set, of which `data/` holds those that the leg sees.
        shapes: of the variables of the step, in order.
        types: of these, by NumPy's names.
        losses: names of what a step tells.
        digest: of the state that the leg starts from.
        training: of the run.
        mean: BGR, of the network's input.
        anchors: of the network.
    """

    first_step: int
    last_step: int
    count: int
    shapes: tuple[tuple[int, ...], ...]
    types: tuple[str, ...]
    losses: tuple[str, ...]
    digest: str
    training: TrainingConfig
    mean: tuple[float, float, float]
    anchors: AnchorConfig

    @classmethod
    def read(cls, folder: Path) -> "Leg":
        """The leg in a folder. Raises UserError where there is none, or another version's."""
        path = folder / LEG_FILE
        if not path.exists():
            raise UserError(f"{folder} holds no leg: it has no {LEG_FILE}; pack one with tools/leg.py pack.")
        values = read_json(path)
        try:
            values["anchors"] = AnchorConfig(**values["anchors"])
            values["training"] = TrainingConfig(**values["training"])
            values["shapes"] = tuple(map(tuple, values["shapes"]))
            return cls(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
        except (TypeError, KeyError) as error:
            raise UserError(f"{path} is not a leg: {error}; pack it again.") from error

    def write(self, folder: Path) -> None:
        """Write the leg into a folder."""
        write_json(folder / LEG_FILE, dataclasses.asdict(self))

    @property
    def steps(self) -> int:
        """Steps of the leg."""
        return self.last_step - self.first_step


@dataclass(frozen=True)
class LegResult:
    """How far a leg is.

    Args:
        digest: of the state that the leg started from.
        state: as `pack_state` gives it.
        losses: float32 [steps done, losses of a step].
    """

    digest: str
    state: dict[str, np.ndarray]
    losses: np.ndarray

    @classmethod
    def read(cls, path: Path) -> "LegResult":
        """Raises UserError where the file is missing or damaged."""
        if not path.exists():
            raise UserError(f"{path} does not exist; run the leg with tools/leg.py run, and bring this file back.")
        try:
            with np.load(path, allow_pickle=False) as stored:
                values = dict(stored)
            return cls(str(values.pop("digest")), losses=values.pop("losses"), state=values)
        except (OSError, ValueError, KeyError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise UserError(f"{path} is damaged ({error}); bring it back again.") from error

    def write(self, path: Path) -> None:
        """Write it, whole or not at all. Raises UserError where that fails."""
        with atomic_path(path) as temporary:
            np.savez(temporary, digest=self.digest, losses=self.losses, **self.state)


def check_sizes(folder: Path, largest: int) -> None:
    """Raises UserError where a file of a leg is larger than `largest` bytes."""
    for path in _files(folder):
        size = path.stat().st_size
        if size > largest:
            raise UserError(f"{path} has {size:,} bytes, more than {largest:,}; give a higher --piece-mb.")


def write_pieces(folder: Path) -> None:
    """List all files of a leg in `pieces.json`, with their checksums."""
    pieces = {path.relative_to(folder).as_posix(): checksum(path) for path in _files(folder)}
    write_json(folder / PIECES_FILE, pieces)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != PIECES_FILE)


def check_pieces(folder: Path) -> None:
    """Raises UserError where a file of the leg has not arrived whole; all such files are named."""
    missing = []
    for name, wanted in read_json(folder / PIECES_FILE).items():
        if not (folder / name).is_file() or checksum(folder / name) != wanted:
            missing.append(name)
    if missing:
        raise UserError(f"{folder}: {', '.join(missing)} did not arrive whole; bring them again.")


class LegSource:
    """The images of a leg under the numbers that they have in the run's training set.

    Args:
        folder: of the leg.
        count: images in the training set.
        cache_bytes: memory for decoded images.
    """

    def __init__(self, folder: Path, count: int, cache_bytes: int):
        self.count, self.cache_bytes = count, cache_bytes
        self.numbers: list[int] = np.load(folder / NUMBERS_FILE, allow_pickle=False).tolist()
        self._source = ShardSource(folder / DATA_FOLDER)
        self._decoded: dict[int, tuple[np.ndarray, LabelledImage]] = {}

    def __len__(self) -> int:
        return self.count

    def load(self, index: int) -> tuple[np.ndarray, LabelledImage]:
        """Image `index` of the training set and its faces. Raises UserError for a damaged one."""
        if index in self._decoded:
            return self._decoded[index]
        place = bisect.bisect_left(self.numbers, index)
        if self.numbers[place : place + 1] != [index]:
            raise UserError(f"the leg lacks image {index} of its training set; pack it again.")
        return self._source.load(place)

    def decode_all(self, threads: int) -> None:
        """Keep as many images decoded as there is memory for. Raises UserError for a damaged one."""
        held = 0
        with ThreadPoolExecutor(threads) as pool:
            for number, loaded in zip(self.numbers, pool.map(self.load, self.numbers), strict=True):
                held += loaded[0].nbytes
                if held > self.cache_bytes:
                    pool.shutdown(wait=True, cancel_futures=True)
                    return
                self._decoded[number] = loaded
