"""Find faces in images, folders, videos, cameras and network streams with one .tflite file."""

import argparse
import contextlib
import itertools
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ffkeras.errors import UserError

if TYPE_CHECKING:
    from ffkeras.runtime.session import DetectionSession

WINDOW = "ffkeras"
QUIT_KEYS = (ord("q"), 27)  # q, Escape
INTERRUPTED = 130  # exit status of what Ctrl-C ends


def parse_arguments(arguments: list[str] | None = None, program: str | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog=program, description=__doc__)
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="image, folder, video, URL (rtsp, http ...), or camera number such as 0",
    )
    parser.add_argument("--model", help="a file of tools/convert_tflite.py, or a name that `ffkeras models` lists")
    parser.add_argument("--output", type=Path, metavar="DIR", help="write pictures with boxes and landmarks here")
    parser.add_argument(
        "--blur", action="store_true", help="with --output: make faces unrecognisable instead of marking"
    )
    parser.add_argument(
        "--crops", type=Path, metavar="DIR", help="write every face here, upright by ArcFace's template"
    )
    parser.add_argument(
        "--crop-size", type=int, default=112, metavar="N", help="side of these in pixels (default: 112)"
    )
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="write all faces as they come: a JSON list, or lines of JSON to FILE.jsonl or - (standard output)",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write all faces as a table")
    parser.add_argument("--coco", type=Path, metavar="FILE", help="write all faces as COCO JSON, with keypoints")
    parser.add_argument("--yolo", type=Path, metavar="DIR", help="write a text file of boxes for each picture here")
    parser.add_argument("--score-threshold", type=float, help="least probability of a face (default: the model's)")
    parser.add_argument("--iou-threshold", type=float, help="overlap at which two faces are one (default: the model's)")
    parser.add_argument(
        "--tiles",
        nargs="?",
        const="auto",
        metavar="auto|N",
        help="look at overlapping tiles too, for small faces: auto where a picture is much larger than the network's "
        "input, N with tiles of N pixels",
    )
    parser.add_argument(
        "--rotations", action="store_true", help="look at each picture in all four quarter turns, for faces that lie"
    )
    parser.add_argument("--num-threads", type=int, default=1, help="threads of the interpreter (default: 1)")
    parser.add_argument("--show", action="store_true", help="show each picture in a window; q quits")
    return parser.parse_args(_with_value(sys.argv[1:] if arguments is None else arguments))


def _with_value(arguments: list[str]) -> list[str]:
    """`--tiles photo.jpg` means `--tiles auto photo.jpg`: argparse would take the photograph for its value."""
    filled = []
    for argument, following in itertools.zip_longest(arguments, arguments[1:], fillvalue=""):
        has_value = following == "auto" or following.isdecimal()
        filled += ["--tiles=auto"] if argument == "--tiles" and not has_value else [argument]
    return filled


def read_tiles(text: str | None) -> str | int | None:
    """What `FaceDetector.detect` takes for `--tiles`."""
    return int(text) if text and text.isdecimal() else text


def check_arguments(args: argparse.Namespace, sources: list, outputs: list) -> None:
    """Refuse before the model is loaded what would fail after the last picture."""
    from ffkeras.files import check_writable
    from ffkeras.runtime.entries_file import STANDARD_OUTPUT

    files = {args.json, args.csv, args.coco, *outputs} - {None}
    folders = {args.crops, args.yolo} - {None}
    if any(source.is_camera or source.is_stream for source in sources) and not (args.show or files or folders):
        raise UserError("a camera needs --show, --output or --json; otherwise its faces go nowhere.")
    if args.blur and not (args.show or args.output):
        raise UserError("--blur needs --output DIR, where the blurred pictures go.")
    if args.crop_size < 1:
        raise UserError(f"--crop-size {args.crop_size} is no number of pixels; give 1 or more, such as 112.")
    for path in files - {STANDARD_OUTPUT} | {folder / "a file" for folder in folders}:
        check_writable(path)


def write_tables(args: argparse.Namespace, session: "DetectionSession") -> None:
    """Write what was found in every format that was asked for; one that cannot be written is noted as bad.

    JSON is written as the entries come. The other files appear whole or not at all.
    """
    from ffkeras.files import write_json, write_text
    from ffkeras.runtime.tables import to_coco, to_csv, to_yolo

    def yolo() -> None:
        for entry, stem in zip(session.entries, session.stems, strict=True):
            write_text(args.yolo / stem.with_name(f"{stem.name}.txt"), to_yolo(entry))

    for wanted, write in (
        (args.csv, lambda: write_text(args.csv, to_csv(session.entries))),
        (args.coco, lambda: write_json(args.coco, to_coco(session.entries))),
        (args.yolo, yolo),
    ):
        if wanted:
            try:
                write()
            except UserError as error:
                session.bad.append(str(error))


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
    redirect = (
        sys.stdout is not None and sys.stdout.isatty()
    )  # lines go above the bar on a terminal, and unchanged into a pipe
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
        raise UserError(
            "this OpenCV has no windows; install opencv-python in place of the headless one, or leave --show out."
        ) from error


def tell_of_large_pictures(count: int) -> None:
    """Say where --tiles would have looked closer."""
    if count:
        pictures = "1 picture is" if count == 1 else f"{count} pictures are"
        print(f"note: {pictures} much larger than the network's input; --tiles finds smaller faces.", file=sys.stderr)


def main(arguments: list[str] | None = None, program: str | None = None) -> int:
    """Detect in every source; 1 where some could not be read."""
    args = parse_arguments(arguments, program)
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")  # bad files are told in our own sentences
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")  # UDP loses parts of pictures
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what was found is written
    from ffkeras.images import read_image
    from ffkeras.runtime import DEFAULT_MODEL, FaceDetector, draw_faces
    from ffkeras.runtime.blur import blur_faces
    from ffkeras.runtime.entries_file import STANDARD_OUTPUT, EntriesFile
    from ffkeras.runtime.picture_process import PictureProcess
    from ffkeras.runtime.session import DetectionSession
    from ffkeras.runtime.sinks import output_paths
    from ffkeras.runtime.sources import list_sources, told_kinds
    from ffkeras.runtime.tiles import AUTO, tile_side
    from ffkeras.runtime.trial import try_model
    from ffkeras.runtime.video_process import frame_times_apart, open_video_apart

    skipped: Counter = Counter()
    sources = list_sources(args.inputs, skipped)
    outputs = output_paths(sources, args.output) if args.output else [None] * len(sources)
    check_arguments(args, sources, outputs)
    try_model(args.model or DEFAULT_MODEL)
    detector = FaceDetector(args.model or DEFAULT_MODEL, args.score_threshold, args.iou_threshold, args.num_threads)
    draw = blur_faces if args.blur else draw_faces
    shown = show if args.show else None
    tiles = read_tiles(args.tiles)
    tile_side(tiles, detector.image_size, detector.image_size)  # a bad value is told before the first picture
    unsaid = None
    pictures = PictureProcess()
    # one file is read here, many in a process of their own, so that none of them can cost the results of the others
    read = pictures.read if len(sources) > 1 else read_image
    entries = EntriesFile(args.json) if args.json else None
    large = 0

    def tell(entry: dict) -> None:
        nonlocal large
        large += tile_side(AUTO, (entry["height"], entry["width"]), detector.image_size) is not None
        if entries:
            entries.add(entry)

    session = DetectionSession(
        detector,
        sources,
        outputs,
        shown,
        draw,
        args.crops,
        args.crop_size,
        tiles,
        read,
        open_video_apart,
        tell=tell,
        keep=bool(args.csv or args.coco or args.yolo),
        rotations=args.rotations,
        times=frame_times_apart,
    )
    say = (lambda line: print(line, file=sys.stderr)) if args.json == STANDARD_OUTPUT else print
    try:
        with pictures, progress_bar() as step:
            try:
                session.run(say, step)
            except UserError as error:  # what was found before it is still written
                session.bad.append(str(error))
            except OSError as error:  # standard output takes no more lines
                unsaid = error
        if entries:
            entries.close()
        if session.entries:
            write_tables(args, session)
        if unsaid:
            raise unsaid
    finally:
        for sentence in session.bad:
            print(f"error: {sentence}", file=sys.stderr)
    if not tiles:
        tell_of_large_pictures(large)
    if skipped:
        print(f"skipped in folders: {told_kinds(skipped)}{advice_for(skipped)}", file=sys.stderr)
    if session.interrupted:
        print(f"interrupted after {session.done} of {len(sources)} inputs; what was found is kept.", file=sys.stderr)
        return INTERRUPTED
    return 1 if session.bad else 0


def advice_for(skipped: Counter) -> str:
    """What would make skipped pictures readable."""
    from ffkeras.images import HEIF

    needed = [f"{kind} needs {package}" for kind, package in HEIF.items() if kind in skipped]
    return f" ({'; '.join(needed)})" if needed else ""
