"""Find faces in images, folders, videos and cameras with one .tflite file."""

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ffkeras.errors import UserError

if TYPE_CHECKING:
    from ffkeras.runtime.session import DetectionSession

WINDOW = "ffkeras"
QUIT_KEYS = (ord("q"), 27)  # q, Escape


def parse_arguments(arguments: list[str] | None = None, program: str | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog=program, description=__doc__)
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help="image, folder, video, or camera number such as 0")
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
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all faces as a JSON list")
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
    parser.add_argument("--num-threads", type=int, default=1, help="threads of the interpreter (default: 1)")
    parser.add_argument("--show", action="store_true", help="show each picture in a window; q quits")
    return parser.parse_args(_with_value(sys.argv[1:] if arguments is None else arguments))


def _with_value(arguments: list[str]) -> list[str]:
    """`--tiles photo.jpg` means `--tiles auto photo.jpg`: argparse would take the photograph for its value."""
    filled = []
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        has_value = following == "auto" or following.isdecimal()
        filled += ["--tiles=auto"] if argument == "--tiles" and not has_value else [argument]
    return filled


def read_tiles(text: str | None) -> str | int | None:
    """What `FaceDetector.detect` takes for `--tiles`."""
    return int(text) if text and text.isdecimal() else text


def check_arguments(args: argparse.Namespace, sources: list, outputs: list) -> None:
    """Refuse before the model is loaded what would fail after the last picture."""
    from ffkeras.files import check_writable

    files = {args.json, args.csv, args.coco, *outputs} - {None}
    folders = {args.crops, args.yolo} - {None}
    if any(source.is_camera for source in sources) and not (args.show or files or folders):
        raise UserError("a camera needs --show, --output or --json; otherwise its faces go nowhere.")
    if args.blur and not (args.show or args.output):
        raise UserError("--blur needs --output DIR, where the blurred pictures go.")
    if args.crop_size < 1:
        raise UserError(f"--crop-size {args.crop_size} is no number of pixels; give 1 or more, such as 112.")
    for path in files | {folder / "a file" for folder in folders}:
        check_writable(path)


def write_tables(args: argparse.Namespace, session: "DetectionSession") -> None:
    """Write what was found in every format that was asked for; files appear whole or not at all."""
    from ffkeras.files import write_json, write_text
    from ffkeras.runtime.tables import to_coco, to_csv, to_yolo

    if args.json:
        write_json(args.json, session.entries)
    if args.csv:
        write_text(args.csv, to_csv(session.entries))
    if args.coco:
        write_json(args.coco, to_coco(session.entries))
    if args.yolo:
        for entry, stem in zip(session.entries, session.stems, strict=True):
            write_text(args.yolo / stem.with_name(f"{stem.name}.txt"), to_yolo(entry))


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
        raise UserError("this OpenCV has no windows; install opencv-python or leave --show out.") from error


def tell_of_large_pictures(entries: list[dict], image_size: tuple[int, int]) -> None:
    """Say where --tiles would have looked closer."""
    from ffkeras.runtime.tiles import AUTO, tile_side

    sizes = [(entry["height"], entry["width"]) for entry in entries]
    count = sum(tile_side(AUTO, size, image_size) is not None for size in sizes)
    if count:
        pictures = "1 picture is" if count == 1 else f"{count} pictures are"
        print(f"note: {pictures} much larger than the network's input; --tiles finds smaller faces.", file=sys.stderr)


def main(arguments: list[str] | None = None, program: str | None = None) -> int:
    """Detect in every source; 1 where some could not be read."""
    args = parse_arguments(arguments, program)
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")  # bad files are told in our own sentences
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    from ffkeras.images import read_image
    from ffkeras.runtime import DEFAULT_MODEL, FaceDetector, draw_faces
    from ffkeras.runtime.blur import blur_faces
    from ffkeras.runtime.picture_process import PictureProcess
    from ffkeras.runtime.session import DetectionSession
    from ffkeras.runtime.sinks import output_paths
    from ffkeras.runtime.sources import list_sources
    from ffkeras.runtime.tiles import tile_side
    from ffkeras.runtime.trial import try_model
    from ffkeras.runtime.video_process import open_video_apart

    sources = list_sources(args.inputs)
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
    session = DetectionSession(
        detector, sources, outputs, shown, draw, args.crops, args.crop_size, tiles, read, open_video_apart
    )
    try:
        with pictures, progress_bar() as step:
            try:
                session.run(print, step)
            except UserError as error:  # what was found before it is still written
                session.bad.append(str(error))
            except OSError as error:  # standard output takes no more lines
                unsaid = error
        if session.entries:
            write_tables(args, session)
        if unsaid:
            raise unsaid
    finally:
        for sentence in session.bad:
            print(f"error: {sentence}", file=sys.stderr)
    if not tiles:
        tell_of_large_pictures(session.entries, detector.image_size)
    return 1 if session.bad else 0
