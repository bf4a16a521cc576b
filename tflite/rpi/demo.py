#!/usr/bin/env python3
"""Find faces on a Raspberry Pi, from a camera, in files and in folders, and say how fast.

Without an INPUT the first camera is taken: by libcamera where Picamera2 knows it, else by V4L2. Ctrl-C ends a camera.
"""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")  # bad files are told in our own sentences
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")  # UDP loses parts of pictures

from ffkeras import cli  # noqa: E402
from ffkeras.errors import UserError  # noqa: E402

DEFAULT_MODEL = ROOT / "tflite" / "models" / "nano_b_fast_320_int8.tflite"
FIRST_CAMERA = "0"
MOST_THREADS = 4  # a Raspberry Pi has four cores
WINDOW = "ffkeras"
QUIT_KEYS = (ord("q"), 27)  # q, Escape


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "inputs",
        nargs="*",
        default=[FIRST_CAMERA],
        metavar="INPUT",
        help="camera number or /dev/video, URL, file, folder",
    )
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL, help="default: nano_b_fast_320_int8.tflite")
    parser.add_argument("--json", metavar="FILE", help="add a line of JSON for each picture; - is standard output")
    parser.add_argument("--score-threshold", type=float, help="least probability of a face (default: the model's)")
    threads = min(MOST_THREADS, os.cpu_count() or 1)
    parser.add_argument("--num-threads", type=int, default=threads, help="of the interpreter (default: one a core)")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="go through the inputs N times, to measure")
    parser.add_argument("--show", action="store_true", help="show each picture in a window; q quits")
    return parser.parse_args()


def show(frame, moving: bool) -> bool:
    """Show one picture, a still one until a key is pressed; False when the user quits."""
    import cv2

    from ffkeras.runtime import draw_faces

    try:
        cv2.imshow(WINDOW, draw_faces(frame.image, frame.faces))
        return cv2.waitKey(1 if moving else 0) & 0xFF not in QUIT_KEYS
    except cv2.error as error:
        raise UserError(
            "this OpenCV has no windows; install opencv-python in place of the headless one, or leave --show out."
        ) from error


def good_frames(source, detector, meter, bad: list[str]):
    """What is seen in a source, until it fails; why it fails is told, and goes into `bad`."""
    from ffkeras.runtime.live import detect_frames

    try:
        yield from detect_frames(source, detector, meter)
    except UserError as error:
        bad.append(str(error))
        print(f"error: {error}", file=sys.stderr)


def main() -> int:
    """Detect in every source, and say how fast; 1 where some could not be read."""
    args = parse_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # how a service is ended
    if args.repeat < 1:
        raise UserError(f"--repeat {args.repeat} measures nothing; give at least 1.")
    from ffkeras.runtime import FaceDetector
    from ffkeras.runtime.live import Meter
    from ffkeras.runtime.sources import list_sources
    from ffkeras.runtime.trial import try_model
    from ffkeras.runtime.writers import STANDARD_OUTPUT, JsonLines, Speech

    sources = list_sources(args.inputs) * args.repeat
    try_model(args.model)
    detector = FaceDetector(args.model, args.score_threshold, num_threads=args.num_threads)
    writers = [JsonLines(args.json)] if args.json else []
    if args.json != STANDARD_OUTPUT:
        writers.append(Speech())
    meter, bad, start = Meter(), [], time.perf_counter()
    try:
        for source in sources:
            for frame in good_frames(source, detector, meter, bad):
                for writer in writers:
                    writer.add(frame, source.is_video)
                if args.show and not show(frame, source.is_video):
                    return 1 if bad else 0
    except KeyboardInterrupt:
        if not (source.is_camera or source.is_stream):  # which end in no other way
            raise
    if meter.count and args.json != STANDARD_OUTPUT:
        rate = meter.count / (time.perf_counter() - start)
        print(f"{meter.count} pictures, {rate:.1f} a second; detection {meter.mean_milliseconds:.1f} ms a picture")
    return 1 if bad else 0


if __name__ == "__main__":
    cli.run(main)
