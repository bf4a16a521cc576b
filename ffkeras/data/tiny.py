"""Very many very small pictures, to measure what a set costs by its length alone."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ffkeras.data.dataset import HELD_OUT_ONE_IN
from ffkeras.data.labels import LabelledImage
from ffkeras.images import decode_image

SIDE = 32  # pixels
FOLDER = "tiny"


@dataclass(frozen=True)
class TinyImages:
    """Pictures of 32 x 32 pixels in a few colours, a face's box and landmarks in each; for `write_shards`.

    Each depends on (seed, index) alone.

    Args:
        count: of pictures.
        seed: another seed gives other pictures.
    """

    count: int
    seed: int = 0

    def __len__(self) -> int:
        return self.count

    @property
    def identity(self) -> str:
        """See `EncodedFiles`."""
        return f"{self.count} tiny images of seed {self.seed}"

    def is_held_out(self, index: int) -> bool:
        """Every sixteenth is for validation."""
        return index % HELD_OUT_ONE_IN == HELD_OUT_ONE_IN - 1

    def encoded(self, index: int) -> tuple[bytes, LabelledImage]:
        """The bytes of a JPEG and its face, in pixels."""
        rng = np.random.default_rng((self.seed, index))
        colours = rng.integers(0, 256, (4, 4, 3), np.uint8)
        image = cv2.resize(colours, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
        corner = rng.uniform(0, SIDE / 2, 2)
        box = np.concatenate([corner, corner + rng.uniform(8, SIDE / 2)]).astype(np.float32)
        points = (corner + rng.uniform(0, 8, (1, 5, 2))).astype(np.float32)
        flags = np.ones(1, bool), np.zeros(1, bool)
        labelled = LabelledImage(Path(f"{FOLDER}/{index:08d}.jpg"), box[None], points, *flags, FOLDER)
        return cv2.imencode(".jpg", image)[1].tobytes(), labelled

    def load(self, index: int) -> tuple[np.ndarray, LabelledImage]:
        """The image, uint8 BGR [32, 32, 3], and its face in pixels."""
        data, labelled = self.encoded(index)
        return decode_image(data, str(labelled.path)), labelled
