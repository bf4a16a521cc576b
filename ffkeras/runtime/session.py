"""A run through many sources: what was found so far, and which sources were bad."""

import contextlib
import errno
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ffkeras.errors import UserError
from ffkeras.files import write_bytes
from ffkeras.images import read_image
from ffkeras.runtime.align import ALIGNED_SIZE
from ffkeras.runtime.detection import Face
from ffkeras.runtime.detector import FaceDetector
from ffkeras.runtime.draw import draw_faces
from ffkeras.runtime.sinks import Write, encode, open_sink, output_stems
from ffkeras.runtime.sources import BrokenOffError, OpenVideo, Read, Source, Stream, open_source, open_video

CROP_SUFFIX = ".png"

Show = Callable[[np.ndarray, bool], bool]  # (picture, whether it moves) -> whether to go on
Draw = Callable[[np.ndarray, Sequence[Face]], np.ndarray]
Say = Callable[[str], None]
Step = Callable[[int], None]

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)  # what befalls every further file as well


class DetectionSession:
    """Detects in every frame of every source, and draws where that is asked for.

    Args:
        detector: what finds the faces.
        sources: what to go through, in this order.
        outputs: for each source the path of its drawn picture or video, or None.
        show: shows a drawn picture and returns False to stop; None shows nothing.
        draw: what is done to a picture before it is written and shown.
        crops: a folder for every face, aligned; None writes none.
        crop_size: side of these in pixels.
        tiles: as `FaceDetector.detect` takes it.
        read, video: read image files and open video files, as `open_source` takes them.

    Attributes:
        entries: for each frame that was looked at, its name, width, height and faces, ready for JSON.
        stems: for each entry a relative path of its own without a suffix, for files that are made of it.
        bad: a sentence for each source that could not be read, or not to its end.
    """

    def __init__(
        self,
        detector: FaceDetector,
        sources: Sequence[Source],
        outputs: Sequence[Path | None],
        show: Show | None = None,
        draw: Draw = draw_faces,
        crops: Path | None = None,
        crop_size: int = ALIGNED_SIZE,
        tiles: str | int | None = None,
        read: Read = read_image,
        video: OpenVideo = open_video,
    ):
        self.entries: list[dict] = []
        self.stems: list[Path] = []
        self.bad: list[str] = []
        self._detector, self._show, self._read, self._video = detector, show, read, video
        self._sources, self._outputs = sources, outputs
        self._draw, self._crops, self._crop_size = draw, crops, crop_size
        self._tiles = tiles
        self._total = len(sources)  # frames to look at, as far as known
        self._stopped = False

    def run(self, say: Say, step: Step) -> None:
        """Go through the sources; one that cannot be read is noted and left out.

        Args:
            say: takes one line for each source that was read.
            step: called after every frame with the number of frames in all, as far as known.

        Raises:
            UserError: the disk takes no more; `bad` and `entries` hold what was noted before.
        """
        for source, stem, output in zip(self._sources, output_stems(self._sources), self._outputs, strict=True):
            with contextlib.ExitStack() as stack:
                try:
                    stream = stack.enter_context(open_source(source, self._read, self._video))
                except UserError as error:
                    self.bad.append(str(error))
                    step(self._total)
                    continue
                self._total += stream.length - 1
                first = len(self.entries)
                try:
                    self._detect(source, stem, stream, output, step)
                except UserError as error:  # its picture cannot be written, perhaps because of its name
                    if self._show or getattr(error.__cause__, "errno", None) in FULL:
                        raise
                    self.bad.append(str(error))
            say(_summary(source, self.entries[first:]))
            if self._stopped:
                return

    def _detect(self, source: Source, stem: Path, stream: Stream, output: Path | None, step: Step) -> None:
        first = len(self.entries)
        with open_sink(output, stream.rate) if output else contextlib.nullcontext() as write:
            try:
                for number, (name, image) in enumerate(stream.frames):
                    self.stems.append(stem.with_name(f"{stem.name}_frame{number}") if source.is_video else stem)
                    self._detect_one(name, image, write, moving=source.is_video)
                    step(self._total)
                    if self._stopped:
                        break
            except BrokenOffError as error:  # what came before it is kept
                self.bad.append(str(error))
            except KeyboardInterrupt:
                if not source.is_camera or len(self.entries) == first:
                    raise
                self._stopped = True  # Ctrl-C is how a camera's recording ends

    def _detect_one(self, name: str, image: np.ndarray, write: Write | None, moving: bool) -> None:
        faces = self._detector.detect(image, tiles=self._tiles)
        height, width = image.shape[:2]
        found = [face.to_json() for face in faces]
        self.entries.append({"image": name, "width": width, "height": height, "faces": found})
        if write or self._show:
            drawn = self._draw(image, faces)
            if write:
                write(drawn)
            self._stopped = self._show is not None and not self._show(drawn, moving)
        if self._crops:
            self._write_crops(image, faces)

    def _write_crops(self, image: np.ndarray, faces: Sequence[Face]) -> None:
        for number, face in enumerate(faces, start=1):
            stem = self.stems[-1]
            path = self._crops / stem.with_name(f"{stem.name}_face{number}{CROP_SUFFIX}")
            write_bytes(path, encode(path, face.aligned(image, self._crop_size)))


def _summary(source: Source, entries: Sequence[dict]) -> str:
    faces = [face for entry in entries for face in entry["faces"]]
    frames = f" in {len(entries)} frames" if source.is_video else ""
    in_tiles = sum("tile_only" in face for face in faces)
    only = f", {in_tiles} of them in tiles only" if in_tiles else ""
    return f"{source.location}: {len(faces)} {'face' if len(faces) == 1 else 'faces'}{frames}{only}"
