#!/usr/bin/env python3
"""Find faces in images, folders, videos and cameras with one .tflite file."""

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")  # bad files are told in our own sentences
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

from ffkeras import cli  # noqa: E402
from ffkeras.errors import UserError  # noqa: E402

DEFAULT_MODEL = ROOT / "tflite" / "models" / "v2_ultra_640_int8.tflite"
WINDOW = "ffkeras"
QUIT_KEYS = (ord("q"), 27)  # q, Escape


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="image, folder, video, or camera number such as 0")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL, help="a file of tools/convert_tflite.py")
    parser.add_argument("--output", type=Path, metavar="DIR", help="write pictures with boxes and landmarks here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all faces as a JSON list")
    parser.add_argument("--score-threshold", type=float, help="least probability of a face (default: the model's)")
    parser.add_argument("--iou-threshold", type=float, help="overlap at which two faces are one (default: the model's)")
    parser.add_argument("--num-threads", type=int, default=1, help="threads of the interpreter (default: 1)")
    parser.add_argument("--show", action="store_true", help="show each picture in a window; q quits")
    return parser.parse_args()


def check_writable(folder: Path) -> None:
    """Make `folder` and a file in it, now rather than after an hour of work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(f"cannot write to {folder}: {error.strerror}; choose another folder.") from error


def check_arguments(args: argparse.Namespace, sources: list) -> None:
    """Refuse before the first picture what would fail after the last."""
    if any(source.is_camera for source in sources) and not (args.show or args.output or args.json):
        raise UserError("a camera needs --show, --output or --json; otherwise its faces go nowhere.")
    if args.output:
        check_writable(args.output)
    if args.json:
        if args.json.is_dir():
            raise UserError(f"{args.json} is a folder; name a file for --json.")
        check_writable(args.json.parent)


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; yields a function that says "one more of `total` pictures is done"."""
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
    except ImportError:  # a device may have the runtime's packages alone
        yield lambda total: None
        return
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    redirect = sys.stdout.isatty()  # lines go above the bar on a terminal, and unchanged into a pipe
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, redirect_stdout=redirect, disable=quiet) as progress:
        task = progress.add_task("", total=None)
        yield lambda total: progress.update(task, advance=1, total=total)


def show(image, moving: bool) -> bool:
    """Show one picture, a still one until a key is pressed; False when the user quits."""
    import cv2

    try:
        cv2.imshow(WINDOW, image)
        return cv2.waitKey(1 if moving else 0) & 0xFF not in QUIT_KEYS
    except cv2.error as error:
        raise UserError("this OpenCV has no windows; install opencv-python or leave --show out.") from error


class Detection:
    """One run of the command: what was found so far, and which sources were bad."""

    def __init__(self, args: argparse.Namespace, sources: list):
        from ffkeras.runtime import FaceDetector
        from ffkeras.runtime.sinks import output_paths

        self.detector = FaceDetector(args.model, args.score_threshold, args.iou_threshold, args.num_threads)
        self.sources = sources
        self.outputs = output_paths(sources, args.output) if args.output else [None] * len(sources)
        self.show = args.show
        self.entries: list[dict] = []
        self.bad: list[str] = []
        self.total = len(sources)  # pictures to look at, as far as known
        self.stopped = False

    def run(self) -> None:
        """Go through the sources; one that cannot be read is noted and left out."""
        from ffkeras.runtime.sources import open_source

        with progress_bar() as step:
            for source, output in zip(self.sources, self.outputs, strict=True):
                with contextlib.ExitStack() as stack:
                    try:
                        stream = stack.enter_context(open_source(source))
                    except UserError as error:
                        self.bad.append(str(error))
                        step(self.total)
                        continue
                    self.total += stream.length - 1
                    self._detect(source, stream, output, step)
                if self.stopped:
                    return

    def _detect(self, source, stream, output: Path | None, step: Callable[[int], None]) -> None:
        from ffkeras.runtime.sinks import open_sink

        first = len(self.entries)
        with open_sink(output, stream.rate) if output else contextlib.nullcontext() as write:
            try:
                for name, image in stream.frames:
                    self._detect_one(name, image, write, moving=source.is_video)
                    step(self.total)
                    if self.stopped:
                        break
            except KeyboardInterrupt:
                if not source.is_camera or len(self.entries) == first:
                    raise
                self.stopped = True  # Ctrl-C is how a camera's recording ends
        found = sum(len(entry["faces"]) for entry in self.entries[first:])
        frames = f" in {len(self.entries) - first} frames" if source.is_video else ""
        print(f"{source.location}: {found} {'face' if found == 1 else 'faces'}{frames}")

    def _detect_one(self, name: str, image, write: Callable | None, moving: bool) -> None:
        from ffkeras.runtime import draw_faces

        faces = self.detector.detect(image)
        height, width = image.shape[:2]
        if write or self.show:
            drawn = draw_faces(image, faces)
            if write:
                write(drawn)
            self.stopped = self.show and not show(drawn, moving)
        found = [face.to_json() for face in faces]
        self.entries.append({"image": name, "width": width, "height": height, "faces": found})


def main() -> int:
    """Detect in every source; 1 where some could not be read."""
    args = parse_arguments()
    from ffkeras.files import write_json
    from ffkeras.runtime.sources import list_sources

    sources = list_sources(args.inputs)
    detection = Detection(args, sources)
    check_arguments(args, sources)
    detection.run()
    if args.json and detection.entries:
        write_json(args.json, detection.entries)
    for sentence in detection.bad:
        print(f"error: {sentence}", file=sys.stderr)
    return 1 if detection.bad else 0


if __name__ == "__main__":
    cli.run(main)
