"""Decoded images kept in memory or on disk, and labelled image files as a source of training samples."""

import contextlib
import hashlib
import threading
from pathlib import Path
from typing import Protocol

import numpy as np

from ffkeras.data.labels import LabelledImage
from ffkeras.errors import UserError
from ffkeras.files import atomic_path
from ffkeras.images import read_image

HEAD_BYTES = 128  # of a file of NumPy


class Cache(Protocol):
    """What reads images for a source: `ImageCache`, or `StoredImageCache`."""

    def read(self, path: Path) -> np.ndarray:
        """The image, uint8 BGR [H, W, 3], not to be written to; called from several threads at once."""


class ImageCache:
    """Decoded uint8 BGR images, kept until the budget is spent; what comes later is decoded at every reading.

    Nothing is ever thrown out: an epoch reads every image once, so that any order of eviction would only lose.
    May be read from several threads.

    Args:
        max_bytes: memory for decoded pixels.
    """

    def __init__(self, max_bytes: int):
        self.max_bytes = max_bytes
        self.bytes_held = 0
        self._images: dict[Path, np.ndarray] = {}
        self._lock = threading.Lock()

    def read(self, path: Path) -> np.ndarray:
        """The image, uint8 BGR [H, W, 3], not to be written to. Raises UserError as `read_image`."""
        image = self._images.get(path)
        if image is None:
            image = read_image(path)
            image.flags.writeable = False
            self._keep(path, image)
        return image

    def _keep(self, path: Path, image: np.ndarray) -> None:
        with self._lock:
            if path not in self._images and self.bytes_held + image.nbytes <= self.max_bytes:
                self._images[path] = image
                self.bytes_held += image.nbytes


class StoredImageCache:
    """Decoded uint8 BGR images kept as files, so that runs side by side share them and later runs find them.

    An image of a megapixel takes 10 ms to decode and 3 MB here; of a crop only the rows that it needs are read, and the
    operating system keeps in memory what there is room for. A file is named by the image's path, size and time of
    change, so that a changed image is decoded again. What does not fit into the budget is decoded at every reading.
    May be read from several threads and processes.

    Args:
        folder: for the files; made where it is missing. It may be deleted at any time when no run uses it.
        max_bytes: for all files in it.

    Raises:
        UserError: the folder cannot be made or read.
    """

    def __init__(self, folder: Path, max_bytes: int):
        self.folder, self.max_bytes = folder, max_bytes
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.bytes_held = sum(path.stat().st_size for path in folder.glob("*.npy"))
        except OSError as error:
            raise UserError(
                f"cannot use {folder} for decoded images: {error.strerror}; name another folder."
            ) from error
        self._lock = threading.Lock()

    def read(self, path: Path) -> np.ndarray:
        """The image, uint8 BGR [H, W, 3], not to be written to. Raises UserError as `read_image`."""
        stored = self._place_of(path)
        if stored is not None:
            with contextlib.suppress(OSError, ValueError, EOFError):  # not there yet, or damaged
                return np.load(stored, mmap_mode="r")
        image = read_image(path)
        image.flags.writeable = False
        if stored is not None:
            self._keep(stored, image)
        return image

    def _place_of(self, path: Path) -> Path | None:
        try:
            about = path.stat()
        except OSError:
            return None  # `read_image` says what is wrong
        key = f"{path.resolve()}\0{about.st_size}\0{about.st_mtime_ns}"
        return self.folder / f"{hashlib.sha256(key.encode(errors='surrogateescape')).hexdigest()[:32]}.npy"

    def _keep(self, stored: Path, image: np.ndarray) -> None:
        with self._lock:
            if self.bytes_held + image.nbytes + HEAD_BYTES > self.max_bytes:
                return
            self.bytes_held += image.nbytes + HEAD_BYTES
        with contextlib.suppress(OSError, UserError), atomic_path(stored, durable=False) as part:
            np.save(part, image)  # a full disk costs speed, not the run


def make_cache(gigabytes: float, folder: Path | None = None) -> Cache:
    """A cache of so much memory, or of so much disk in `folder`. Raises UserError where the folder cannot be used."""
    budget = int(gigabytes * (1 << 30))
    return StoredImageCache(folder, budget) if folder else ImageCache(budget)


class FileSource:
    """Labelled image files as training samples (see `ffkeras.data.samples.Source`).

    Args:
        images: the files and their faces.
        cache: reads them; without one, each is decoded at every reading.
        as_read: the images as their files have them, where some were left out or changed since.

    Attributes:
        bad: a sentence for each file that could not be read.
    """

    def __init__(
        self, images: list[LabelledImage], cache: Cache | None = None, as_read: list[LabelledImage] | None = None
    ):
        self.images, self.cache = images, cache or ImageCache(0)
        self.as_read = images if as_read is None else as_read
        self.bad: dict[Path, str] = {}

    def __len__(self) -> int:
        return len(self.images)

    def load(self, index: int) -> tuple[np.ndarray, LabelledImage]:
        """The image, uint8 BGR [H, W, 3], and its faces in pixels. Raises UserError where the file is unreadable."""
        labelled = self.images[index]
        try:
            return self.cache.read(labelled.path), labelled
        except UserError as error:
            self.bad[labelled.path] = str(error)
            raise
