"""Convert a trained network to a .tflite file, float32 or int8 throughout, and validate what was written.

The file carries a record of all that a detector must know. It is compared with the Keras model through the runtime
that users have; a file that disagrees is not kept.
"""

import argparse
import importlib.util
from pathlib import Path

from ffkeras import cli
from ffkeras.conversion.targets import TARGETS, describe_targets
from ffkeras.errors import UserError
from ffkeras.files import atomic_path, check_writable

DEFAULT_IMAGE_SIZE = (640, 640)
VALIDATION_COUNT = 32

EPILOG = """\
int8 takes weights and ranges from quantization-aware training where the run has it: `tools/train.py --quantize --from
RUN` writes RUN/quantized. Otherwise, or with --post-training, the range of every activation is measured on calibration
images: 100 or more of the place where the detector will work, faces in them, no labels needed. Without --calibration
it uses synthetic faces, which calibrate less well.
Without --validation it compares on other images of the calibration folders; where there are none, on other
synthetic faces, and in a checkout on its sample photographs.

Without --target an int8 file has int8 at its borders and raw outputs, and runs everywhere. The profiles:

"""


class TargetAction(argparse.Action):
    """Stores the profile of a name; "list" prints them all and ends."""

    def __call__(self, parser, namespace, values, option_string=None):
        """Store the profile under the option's name."""
        if values == "list":
            print(describe_targets())
            parser.exit()
        if values not in TARGETS:
            parser.error(f"--target {values} is none of {', '.join(TARGETS)}")
        setattr(namespace, self.dest, TARGETS[values])


def parse_arguments(
    arguments: list[str] | None = None, program: str | None = None, weights: Path | None = None
) -> argparse.Namespace:
    """Read the command line; mistakes end here, before anything slow is imported."""
    parser = argparse.ArgumentParser(
        prog=program,
        description=__doc__,
        epilog=EPILOG + describe_targets(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--int8", action="store_true", help="whole numbers throughout (default: float32)")
    parser.add_argument(
        "--target",
        action=TargetAction,
        metavar="NAME",
        help=f"an int8 file for one kind of device: {', '.join(TARGETS)}, or list (default: one for all)",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        default=weights,
        required=weights is None,
        metavar="RUN",
        help="a run folder" + (" (default: the released one)" if weights else ""),
    )
    parser.add_argument(
        "--image-size",
        action=cli.ImageSizeAction,
        metavar="HxW",
        help="network input, multiples of 32: 640 or 480x640 (default: that of the target, or 640)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="(default: output/<network>_<size>_<int8, float32 or target>.tflite)",
    )
    parser.add_argument(
        "--post-training", action="store_true", help="measure ranges though the run has quantization-aware training"
    )
    parser.add_argument("--calibration", type=Path, nargs="+", metavar="PATH", help="images and folders, for --int8")
    parser.add_argument("--calibration-count", type=int, default=128, metavar="N", help="(default: 128)")
    parser.add_argument("--validation", type=Path, nargs="+", metavar="PATH", help="images and folders to compare on")
    parser.add_argument(
        "--c-array",
        type=Path,
        metavar="DIR",
        help="also write C++ source for TFLite Micro into DIR; the file keeps plain forms, as for --target micro",
    )
    parser.add_argument(
        "--keep-names",
        action="store_true",
        help="keep the names of layers in the file, which makes it larger, for those who look into it",
    )
    parser.add_argument(
        "--score-threshold",
        type=float,
        default=0.5,
        metavar="S",
        help="from which a detector reports a face, as tools/evaluate.py --best-threshold finds it (default: 0.5)",
    )
    parser.add_argument("--license", default="Apache-2.0", metavar="TEXT", help="of the weights (default: Apache-2.0)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of images (default: 0)")
    options = parser.parse_args(arguments)
    options.int8 = options.int8 or options.target is not None
    options.image_size = options.image_size or (options.target.image_size if options.target else DEFAULT_IMAGE_SIZE)
    if options.calibration_count < 1:
        parser.error(f"--calibration-count is {options.calibration_count}, but should be 1 or more")
    if not 0 <= options.score_threshold <= 1:
        parser.error(f"--score-threshold is {options.score_threshold}, but should be from 0 to 1")
    if options.calibration and not options.int8:
        parser.error("--calibration has a meaning with --int8 only")
    if options.post_training and not options.int8:
        parser.error("--post-training has a meaning with --int8 or --target only")
    if options.c_array and not options.int8:
        parser.error("--c-array has a meaning with --int8 only")
    if options.c_array and options.target and (options.target.decoded or options.target.borders != "int8"):
        parser.error(f"--c-array takes int8 codes and scores; --target {options.target.name} gives other outputs")
    return options


def load_network(options: argparse.Namespace):
    """The network of --weights: for int8 the one with quantization-aware training where there is one.

    Raises:
        UserError: no usable run folder, or calibration images for a network whose ranges are trained.
    """
    from ffkeras.models.saving import load_run
    from ffkeras.quantization.saving import QUANTIZED_FOLDER, is_quantized_run, load_quantized

    if options.int8 and not options.post_training:
        for folder in (options.weights, options.weights / QUANTIZED_FOLDER):
            if is_quantized_run(folder):
                if options.calibration:
                    raise UserError(f"{folder} has trained ranges; leave out --calibration, or add --post-training.")
                check_origin(folder, options.weights)
                network = load_quantized(folder)
                print(f"weights and ranges of quantization-aware training: {folder}")
                return network
    network = load_run(options.weights)
    if options.int8:
        print(
            f"note: no quantization-aware training of {options.weights} is used; ranges come from calibration images."
        )
    return network


def check_origin(quantized: Path, run: Path) -> None:
    """Raise UserError where the float weights beside a quantised run are no longer those that it started from."""
    from ffkeras.files import checksum, read_json
    from ffkeras.models.saving import WEIGHTS_FILE
    from ffkeras.training.run import TRAINING_FILE

    record, weights = quantized / TRAINING_FILE, run / WEIGHTS_FILE
    if not (record.exists() and weights.exists()):
        return
    started_from = read_json(record).get("start_checksum")
    if started_from and started_from != checksum(weights):
        raise UserError(
            f"{quantized} was trained from other weights than {weights}; train it again with --quantize, "
            "name it with --weights, or add --post-training."
        )


def choose_images(options: argparse.Namespace, calibrate: bool, photographs: Path | None) -> tuple[list, list]:
    """Source images for calibration (none unless `calibrate`) and for validation, uint8 BGR.

    Raises:
        UserError: a missing or empty folder, or an unreadable image.
    """
    from ffkeras.conversion.calibration import read_images, split_files, synthetic_images
    from ffkeras.images import list_images

    count = options.calibration_count if calibrate else 0
    calibration, validation = [], []
    if options.calibration:
        for_calibration, for_validation = split_files(options.calibration, count, VALIDATION_COUNT, options.seed)
        calibration, validation = read_images(for_calibration), read_images(for_validation)
    elif calibrate:
        print("warning: calibrating on synthetic faces; --calibration with real images gives better int8 accuracy.")
        calibration = synthetic_images(count, options.seed)
    if options.validation:
        for_validation, _ = split_files(options.validation, VALIDATION_COUNT, 0, options.seed)
        validation = read_images(for_validation)
    if not validation:
        validation = read_images(list_images([photographs])) if photographs else []
        validation += synthetic_images(VALIDATION_COUNT - len(validation), options.seed + 1)
    return calibration, validation


def main(
    arguments: list[str] | None = None,
    program: str | None = None,
    weights: Path | None = None,
    photographs: Path | None = None,
) -> None:
    """Load, convert, validate, keep the file if it passed.

    Args:
        arguments, program: of the command line.
        weights: the run folder that is converted unless --weights says otherwise.
        photographs: a folder of images that the file is compared on, unless the command line names others.
    """
    options = parse_arguments(arguments, program, weights)
    for path in filter(None, (options.output, options.c_array and options.c_array / "model.h")):
        check_writable(path)
    if options.c_array:
        from ffkeras.firmware import require_tflite_micro

        require_tflite_micro()
    import numpy as np

    from ffkeras.conversion.apply_target import apply_target, check_target
    from ffkeras.conversion.calibration import calibration_canvases
    from ffkeras.conversion.tflite import convert
    from ffkeras.conversion.validation import validate
    from ffkeras.quantization.network import QuantizedFeatherFace
    from ffkeras.tflite_file.summary import summarise_graph

    model, size = load_network(options), options.image_size
    trained_ranges = isinstance(model, QuantizedFeatherFace)
    calibration, validation = choose_images(options, options.int8 and not trained_ranges, photographs)
    representative = None
    if calibration:
        count = options.calibration_count
        representative = calibration_canvases(calibration, size, model.config.mean, count, options.seed)
    target = options.target
    plain_forms = bool(options.c_array or (target and target.micro))
    kind = target.name if target else "int8" if options.int8 else "float32"
    output = options.output or default_output(model.config.network, size, kind)
    with atomic_path(output) as temporary:
        temporary.touch()  # a folder that cannot be written shows before the work
        raw = convert(
            model,
            size,
            representative,
            options.license,
            xnnpack_passes=not plain_forms,
            keep_names=options.keep_names,
            score_threshold=options.score_threshold,
        )
        data = apply_target(raw, target, options.keep_names) if target else raw
        parameters = sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)
        print(f"{output.name}: {len(data):,} bytes from {parameters:,} parameters")
        print(", ".join(f"{count} {name}" for name, count in summarise_graph(data).operations.most_common()))
        temporary.write_bytes(raw)
        report = validate(temporary, model, validation)
        temporary.write_bytes(data)
        if target:
            report = check_target(data, raw, target, validation, report)
        print(report.to_text())
        if not report.passed:
            raise UserError(f"{output} is not kept, it does not do what {options.weights} does: {report.failure}.")
        if target and target.micro:
            print_arena(data, output.name)
    print(f"wrote {output}")
    if options.c_array:
        from ffkeras.firmware import write_c_array

        for path in write_c_array(data, output.name, options.c_array):
            print(f"wrote {path}")


def print_arena(model: bytes, name: str) -> None:
    """Run a file on TFLite Micro's own interpreter and print the memory it takes there.

    Raises:
        UserError: TFLite Micro cannot run the file.
    """
    from ffkeras.firmware import smallest_arena

    if importlib.util.find_spec("tflite_micro") is None:
        print("warning: not run on TFLite Micro, only its list of operations was checked; `pip install tflite-micro`.")
    else:
        print(f"runs on TFLite Micro in an arena of {smallest_arena(model, name):,} bytes")


def default_output(network: str, image_size: tuple[int, int], kind: str) -> Path:
    """Where a file goes unless --output says otherwise; `kind` is the target, or int8 or float32."""
    height, width = image_size
    size = str(height) if height == width else f"{height}x{width}"
    return Path("output") / f"{network}_{size}_{kind}.tflite"
