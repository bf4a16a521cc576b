"""A run through many sources: what was found so far, and which sources were bad."""

import contextlib
import errno
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ffkeras.errors import UserError
from ffkeras.files import write_bytes
from ffkeras.images import read_image
from ffkeras.quiet import end_quiet
from ffkeras.runtime.align import ALIGNED_SIZE
from ffkeras.runtime.detection import Face
from ffkeras.runtime.detector import FaceDetector
from ffkeras.runtime.draw import draw_faces
from ffkeras.runtime.sinks import Write, encode, open_sink, output_stems
from ffkeras.runtime.sources import (
    BrokenOffError,
    Frame,
    OpenVideo,
    Read,
    Source,
    Stream,
    frame_times,
    open_source,
    open_video,
    varying_rate,
)

CROP_SUFFIX = ".png"

Show = Callable[[np.ndarray, bool], bool]  # (picture, whether it moves) -> whether to go on
Draw = Callable[[np.ndarray, Sequence[Face]], np.ndarray]
Say = Callable[[str], None]
Step = Callable[[int], None]
Tell = Callable[[dict], None]  # takes an entry

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
        rotations: as `FaceDetector.detect` takes it.
        read, video: read image files and open video files, as `open_source` takes them.
        times: gives the times of a video file's frames, as `frame_times`.
        tell: takes each entry as soon as there is one.
        keep: keep all entries; without it a stream without end takes no more and more memory.

    Attributes:
        entries: for each frame that was looked at, its name, seconds of a moving source, width, height and faces, ready
            for JSON; empty without `keep`.
        stems: for each entry a relative path of its own without a suffix, for files that are made of it.
        bad: a sentence for each source that could not be read, or not to its end.
        done: how many sources were gone through.
        interrupted: Ctrl-C or a signal ended it; what was found before is kept.
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
        tell: Tell | None = None,
        keep: bool = True,
        rotations: bool = False,
        times: Callable[[Path], list[float]] = frame_times,
    ):
        self.done, self.interrupted = 0, False
        self._tell, self._keep, self._times = tell, keep, times
        # of the source that is gone through: pictures looked at and written, faces, and those in tiles only
        self._count, self._written, self._faces, self._in_tiles = 0, 0, 0, 0
        self.entries: list[dict] = []
        self.stems: list[Path] = []
        self.bad: list[str] = []
        self._detector, self._show, self._read, self._video = detector, show, read, video
        self._sources, self._outputs = sources, outputs
        self._draw, self._crops, self._crop_size = draw, crops, crop_size
        self._how = {"tiles": tiles} | ({"rotations": True} if rotations else {})
        self._total = len(sources)  # frames to look at, as far as known
        self._stopped = False

    def run(self, say: Say, step: Step) -> None:
        """Go through the sources; one that cannot be read is noted and left out. Ctrl-C ends it, see `interrupted`.

        Args:
            say: takes one line for each source that was read.
            step: called after every frame with the number of frames in all, as far as known.

        Raises:
            UserError: the disk takes no more; `bad` and `entries` hold what was noted before.
        """
        try:
            for source, stem, output in zip(self._sources, output_stems(self._sources), self._outputs, strict=True):
                self._go_through(source, stem, output, say, step)
                self.done += not self.interrupted
                if self._stopped:
                    return
        except KeyboardInterrupt:
            end_quiet()
            self.interrupted = True

    def _go_through(self, source: Source, stem: Path, output: Path | None, say: Say, step: Step) -> None:
        self._count, self._written, self._faces, self._in_tiles = 0, 0, 0, 0
        with contextlib.ExitStack() as stack:
            try:
                stream = stack.enter_context(open_source(source, self._read, self._video))
            except UserError as error:
                self.bad.append(str(error))
                step(self._total)
                return
            self._total += stream.length - 1
            try:
                self._detect(source, stem, stream, output, step)
            except UserError as error:  # its picture cannot be written, perhaps because of its name
                if self._show or getattr(error.__cause__, "errno", None) in FULL:
                    raise
                self.bad.append(str(error))
        say(self._summary(source))

    def _detect(self, source: Source, stem: Path, stream: Stream, output: Path | None, step: Step) -> None:
        with self._sink(source, stream, output) as write:
            try:
                for number, frame in enumerate(stream.frames):
                    name = stem.with_name(f"{stem.name}_frame{number}") if source.is_video else stem
                    self._detect_one(frame, name, write, moving=source.is_video)
                    step(self._total)
                    if self._stopped:
                        break
            except BrokenOffError as error:  # what came before it is kept
                self.bad.append(str(error))
            except KeyboardInterrupt:
                if not source.is_video or not self._count or (write and not self._written):
                    raise
                self._stopped = True  # Ctrl-C is how a recording ends; a video is closed as far as it goes
                self.interrupted = not (source.is_camera or source.is_stream)

    def _sink(self, source: Source, stream: Stream, output: Path | None):
        """What writes the drawn pictures of a source, at their times where these do not follow from the rate."""
        if not output:
            return contextlib.nullcontext()
        if source.is_camera or source.is_stream:
            return open_sink(output, stream.rate, timed=True)
        varying = varying_rate(self._times(source.location), stream.rate) if source.is_video else None
        return open_sink(output, varying or stream.rate, timed=varying is not None)

    def _detect_one(self, frame: Frame, stem: Path, write: Write | None, moving: bool) -> None:
        image = frame.image
        faces = self._detector.detect(image, **self._how)
        height, width = image.shape[:2]
        entry = {"image": frame.name, "width": width, "height": height, "faces": [face.to_json() for face in faces]}
        if frame.seconds is not None:
            entry["seconds"] = frame.seconds
        self._note(entry, stem)
        if write or self._show:
            drawn = self._draw(image, faces)
            if write:
                write(drawn, frame.seconds)
                self._written += 1
            self._stopped = self._show is not None and not self._show(drawn, moving)
        if self._crops:
            self._write_crops(image, faces, stem)

    def _note(self, entry: dict, stem: Path) -> None:
        self._count += 1
        self._faces += len(entry["faces"])
        self._in_tiles += sum("tile_only" in face for face in entry["faces"])
        if self._keep:
            self.entries.append(entry)
            self.stems.append(stem)
        if self._tell:
            self._tell(entry)

    def _write_crops(self, image: np.ndarray, faces: Sequence[Face], stem: Path) -> None:
        for number, face in enumerate(faces, start=1):
            path = self._crops / stem.with_name(f"{stem.name}_face{number}{CROP_SUFFIX}")
            write_bytes(path, encode(path, face.aligned(image, self._crop_size)))

    def _summary(self, source: Source) -> str:
        frames = f" in {self._count} frames" if source.is_video else ""
        only = f", {self._in_tiles} of them in tiles only" if self._in_tiles else ""
        return f"{source.location}: {self._faces} {'face' if self._faces == 1 else 'faces'}{frames}{only}"
