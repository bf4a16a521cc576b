#!/usr/bin/env python3
"""Convert a trained network to a .tflite file, float32 or int8 throughout, and validate what was written.

The file carries a record of all that a detector must know. It is compared with the Keras model through the runtime
that users have; a file that disagrees is not kept.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras import cli  # noqa: E402
from ffkeras.errors import UserError  # noqa: E402
from ffkeras.files import atomic_path, check_writable  # noqa: E402

DEFAULT_WEIGHTS = ROOT / "tflite" / "models" / "v2_ultra"
PHOTOGRAPHS = ROOT / "tests" / "data" / "photos"
DEFAULT_IMAGE_SIZE = (640, 640)
VALIDATION_COUNT = 32

EPILOG = """\
int8 takes the range of every activation from calibration images: 100 or more images of the place where the detector
will work, faces in them, no labels needed. Without --calibration it uses synthetic faces, which calibrate less well.
Without --validation it compares on other images of the calibration folders; where there are none, on the sample
photographs and other synthetic faces.
"""


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; mistakes end here, before anything slow is imported."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--int8", action="store_true", help="whole numbers throughout (default: float32)")
    parser.add_argument(
        "--weights", type=Path, default=DEFAULT_WEIGHTS, metavar="RUN", help="a run folder (default: the released one)"
    )
    parser.add_argument(
        "--image-size",
        action=cli.ImageSizeAction,
        default=DEFAULT_IMAGE_SIZE,
        metavar="HxW",
        help="network input, multiples of 32: 640 or 480x640 (default: 640)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="(default: output/<network>_<size>_<int8 or float32>.tflite)"
    )
    parser.add_argument("--calibration", type=Path, nargs="+", metavar="PATH", help="images and folders, for --int8")
    parser.add_argument("--calibration-count", type=int, default=128, metavar="N", help="(default: 128)")
    parser.add_argument("--validation", type=Path, nargs="+", metavar="PATH", help="images and folders to compare on")
    parser.add_argument("--license", default="Apache-2.0", metavar="TEXT", help="of the weights (default: Apache-2.0)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of images (default: 0)")
    options = parser.parse_args(arguments)
    if options.calibration_count < 1:
        parser.error(f"--calibration-count is {options.calibration_count}, but should be 1 or more")
    if options.calibration and not options.int8:
        parser.error("--calibration has a meaning with --int8 only")
    return options


def choose_images(options: argparse.Namespace) -> tuple[list, list]:
    """Source images for calibration (none for float32) and for validation, uint8 BGR.

    Raises:
        UserError: a missing or empty folder, or an unreadable image.
    """
    from ffkeras.conversion.calibration import read_images, split_files, synthetic_images
    from ffkeras.images import list_images

    count = options.calibration_count if options.int8 else 0
    calibration, validation = [], []
    if options.calibration:
        for_calibration, for_validation = split_files(options.calibration, count, VALIDATION_COUNT, options.seed)
        calibration, validation = read_images(for_calibration), read_images(for_validation)
    elif options.int8:
        print("warning: calibrating on synthetic faces; --calibration with real images gives better int8 accuracy.")
        calibration = synthetic_images(count, options.seed)
    if options.validation:
        for_validation, _ = split_files(options.validation, VALIDATION_COUNT, 0, options.seed)
        validation = read_images(for_validation)
    if not validation:
        photographs = read_images(list_images([PHOTOGRAPHS]))
        validation = photographs + synthetic_images(VALIDATION_COUNT - len(photographs), options.seed + 1)
    return calibration, validation


def main(arguments: list[str] | None = None) -> None:
    """Load, convert, validate, keep the file if it passed."""
    options = parse_arguments(arguments)
    if options.output:
        check_writable(options.output)
    from ffkeras.conversion.calibration import calibration_canvases
    from ffkeras.conversion.graph import read_graph
    from ffkeras.conversion.tflite import convert
    from ffkeras.conversion.validation import validate
    from ffkeras.models.saving import load_run

    model, size = load_run(options.weights), options.image_size
    calibration, validation = choose_images(options)
    representative = None
    if options.int8:
        count = options.calibration_count
        representative = calibration_canvases(calibration, size, model.config.mean, count, options.seed)
    output = options.output or default_output(model.config.network, size, options.int8)
    with atomic_path(output) as temporary:
        temporary.touch()  # a folder that cannot be written shows before the work
        data = convert(model, size, representative, options.license)
        temporary.write_bytes(data)
        print(f"{output.name}: {len(data):,} bytes from {model.count_params():,} parameters")
        print(", ".join(f"{count} {name}" for name, count in read_graph(data).operations.most_common()))
        report = validate(temporary, model, validation)
        print(report.to_text())
        if not report.passed:
            raise UserError(f"{output} is not kept, it does not do what {options.weights} does: {report.failure}.")
    print(f"wrote {output}")


def default_output(network: str, image_size: tuple[int, int], int8: bool) -> Path:
    """Where a file goes unless --output says otherwise."""
    height, width = image_size
    size = str(height) if height == width else f"{height}x{width}"
    return Path("output") / f"{network}_{size}_{'int8' if int8 else 'float32'}.tflite"


if __name__ == "__main__":
    cli.run(main)
