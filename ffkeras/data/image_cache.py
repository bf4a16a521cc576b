"""Decoded images kept in memory, and labelled image files as a source of training samples."""

import threading
from pathlib import Path

import numpy as np

from ffkeras.data.labels import LabelledImage
from ffkeras.errors import UserError
from ffkeras.images import read_image


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


class FileSource:
    """Labelled image files as training samples (see `ffkeras.data.samples.Source`).

    Args:
        images: the files and their faces.
        cache_bytes: memory for decoded images.

    Attributes:
        bad: a sentence for each file that could not be read.
    """

    def __init__(self, images: list[LabelledImage], cache_bytes: int):
        self.images = images
        self.bad: dict[Path, str] = {}
        self.cache = ImageCache(cache_bytes)

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
