"""Evaluate a detector: on WIDER FACE by the official protocol, on any other labelled pictures, or its landmarks."""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ffkeras.cli import ImageSizeAction
from ffkeras.errors import UserError
from ffkeras.files import check_writable

if TYPE_CHECKING:
    from ffkeras.evaluation import Detections, Report

DEFAULT_IMAGE_SIZE = (640, 640)
FINE_HEIGHT_EDGES = (0.0, 8.0, 12.0, 16.0, 24.0, 32.0, 64.0, 128.0, float("inf"))  # pixels of the network input
AVERAGE_PRECISION_OPTIONS = ("from_detections", "detections", "plot", "allow_missing", "grey")

PARTS = ("all", "train", "val", "test", "held-out")

EPILOG = """\
DIR is a data set in any format of docs/own-data.md, or WIDER FACE: WIDER_val/images/<event>/<name>.jpg and
ground_truth/wider_{face,easy,medium,hard}_val.mat. Of a data set the part "val" is taken where it has one, else all.
Recall by face height takes heights in pixels of the network input, after the resize of the longest side, over all
valid faces, at the score of --score-threshold. Images/s counts letterbox, network and decoding, not the reading of
files.

With --landmarks, DIR is training data with landmarks (WIDER_train/images, wider_face_split/ and
retinaface_gt/train/label.txt), of which the images that training holds out are taken. Several models are compared with
the first one, over the faces that all of them find: --landmarks --model float32.tflite int8.tflite

With --best-threshold, DIR is training data, several folders too: what tools/convert_tflite.py --score-threshold should
be given, and average precision by face height.
"""


def parse_arguments(arguments: list[str] | None = None, program: str | None = None) -> argparse.Namespace:
    """Read the command line; mistakes end here, before anything slow is imported."""
    parser = argparse.ArgumentParser(
        prog=program, description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument(
        "--model", type=Path, nargs="+", metavar="M", help="a run folder of tools/train.py, a .tflite file or its name"
    )
    subject.add_argument("--from-detections", type=Path, metavar="FILE", help="evaluate what --detections wrote")
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, metavar="DIR", help="labelled pictures, or WIDER FACE's root"
    )
    parser.add_argument(
        "--part", choices=PARTS, help="of a data set; held-out: what training holds out (default: val, else all)"
    )
    parser.add_argument(
        "--landmarks", action="store_true", help="measure the error of landmarks, of one or more models"
    )
    parser.add_argument(
        "--best-threshold", action="store_true", help="find the score of the best F1 on images that training holds out"
    )
    parser.add_argument(
        "--image-size",
        action=ImageSizeAction,
        metavar="HxW",
        help="network input, multiples of 32 (default: the .tflite file's own, 640 otherwise)",
    )
    parser.add_argument(
        "--score-threshold",
        type=float,
        metavar="S",
        help="of recall by face height (default: the file's own, 0.5 of a run) and of --landmarks (default: 0.5)",
    )
    parser.add_argument("--detections", type=Path, metavar="FILE", help="write the detections as JSON")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write a precision-recall plot (.png, .svg, .pdf)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--limit", type=int, metavar="N", help="take only N images, evenly spread: a quick sample")
    parser.add_argument("--allow-missing", action="store_true", help="evaluate the images that are there: a sample")
    parser.add_argument("--grey", action="store_true", help="take the colours off each picture first")
    parser.add_argument("--num-threads", type=int, default=1, metavar="N", help="threads of the detector (default: 1)")
    options = parser.parse_args(arguments)
    for name in ("limit", "num_threads"):
        value = getattr(options, name)
        if value is not None and value < 1:
            parser.error(f"--{name.replace('_', '-')} is {value}, but should be 1 or more")
    if options.from_detections and options.grey:
        parser.error("--grey changes what a model sees; it has no meaning with --from-detections")
    if options.score_threshold is not None and not 0 <= options.score_threshold <= 1:
        parser.error(f"--score-threshold is {options.score_threshold}, but should be from 0 to 1")
    if options.from_detections and options.detections:
        parser.error("--detections writes what a model finds; it has no meaning with --from-detections")
    if options.landmarks:
        for name in AVERAGE_PRECISION_OPTIONS:
            if getattr(options, name):
                parser.error(f"--{name.replace('_', '-')} has no meaning with --landmarks")
    elif options.model and len(options.model) > 1:
        parser.error("several models have a meaning with --landmarks only; evaluate one at a time")
    if options.best_threshold and options.landmarks:
        parser.error("--best-threshold and --landmarks are two measures; take one at a time")
    if options.best_threshold:
        for name in AVERAGE_PRECISION_OPTIONS:
            if getattr(options, name):
                parser.error(f"--{name.replace('_', '-')} has no meaning with --best-threshold")
    elif len(options.data) > 1:
        parser.error("several folders have a meaning with --best-threshold only; evaluate on one at a time")
    models = options.model or []
    if repeated := next((model for model in models if models.count(model) > 1), None):
        parser.error(f"{repeated} is named twice; a model is compared with others")
    return options


def load_detector(model: Path, image_size: tuple[int, int] | None, num_threads: int, score_threshold: float):
    """The detector of a .tflite file, ours or of a known other kind, or of a run folder.

    Its `image_size` says what it takes.

    Raises:
        UserError: none of these, unreadable, or a .tflite file of another input size.
    """
    from ffkeras.evaluation.detections import IOU_THRESHOLD
    from ffkeras.runtime.released import find_model

    thresholds = {"score_threshold": score_threshold, "iou_threshold": IOU_THRESHOLD}
    if model.is_dir():
        from ffkeras.backend import tf
        from ffkeras.evaluation.keras_detector import KerasFaceDetector
        from ffkeras.models.saving import load_run

        tf.config.threading.set_intra_op_parallelism_threads(num_threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        return KerasFaceDetector(load_run(model), image_size or DEFAULT_IMAGE_SIZE, **thresholds)
    model = find_model(model)
    if model.suffix != ".tflite":
        raise UserError(f"{model} is neither a run folder nor a .tflite file; check the path.")

    from ffkeras.benchmark import read_subject
    from ffkeras.runtime.trial import try_model

    subject = read_subject(model)
    if not subject.decodes:
        raise UserError(f"{model} has no ffkeras record and is of no known kind of other detectors; convert it again.")
    if not subject.peer:
        try_model(model)
    detector = subject.open(num_threads=num_threads, **thresholds)
    if image_size not in (None, detector.image_size):
        wanted, own = ("x".join(map(str, size)) for size in (image_size, detector.image_size))
        raise UserError(f"{model} has an input of {own}; leave out --image-size {wanted} or convert the model again.")
    return detector


def working_threshold(options: argparse.Namespace, detector=None) -> float:
    """The score at which users see faces: --score-threshold, or that of the record of one of our files, or 0.5."""
    from ffkeras.evaluation.recall_by_height import WORKING_THRESHOLD

    if options.score_threshold is not None:
        return options.score_threshold
    record = getattr(detector, "metadata", None)
    return WORKING_THRESHOLD if record is None else record.score_threshold


def main(arguments: list[str] | None = None, program: str | None = None) -> int:
    """Evaluate, print the table, write what was asked for; 1 where pictures could not be read."""
    options = parse_arguments(arguments, program)
    for output in filter(None, (options.detections, options.plot, options.json)):
        check_writable(output)
    if options.plot:
        from ffkeras.evaluation.plots import check_plot_suffix

        check_plot_suffix(options.plot)
    bad: dict[str, str] = {}  # picture -> what is wrong with it
    if options.landmarks:
        evaluate_landmarks(options, bad)
    elif options.best_threshold:
        find_best_threshold(options, bad)
    elif is_wider(options):
        evaluate_faces(options, bad)
    else:
        evaluate_own(options, bad)
    left_out = options.landmarks or options.best_threshold or not is_wider(options)
    counted = "It is left out." if left_out else "Its faces count as not found."
    for sentence in bad.values():
        print(f"error: {sentence} {counted}", file=sys.stderr)
    return 1 if bad else 0


def is_wider(options: argparse.Namespace) -> bool:
    """Whether the data are WIDER FACE's validation set, to be measured by its own protocol."""
    folder = options.data[0]
    return options.part is None and any((folder / name).is_dir() for name in ("ground_truth", "WIDER_val"))


def evaluate_own(options: argparse.Namespace, bad: dict[str, str]) -> None:
    """Average precision, precision and recall of a data set in any format, without the bad pictures."""
    import logging

    from ffkeras import evaluation
    from ffkeras.data.dataset import choose_part, read_dataset

    logging.basicConfig(format="%(message)s")
    logging.getLogger("ffkeras").setLevel(logging.INFO)  # what the readers found, and what they missed
    (folder,) = options.data
    images = read_dataset([folder])
    part = options.part or ("val" if any(image.split == "val" for image in images) else "all")
    chosen = choose_part(images, part)
    if not chosen:
        raise UserError(f"{folder} has no part {part}; choose another --part, such as all.")
    if options.limit and options.limit < len(chosen):
        chosen = [chosen[round(at * (len(chosen) - 1) / max(1, options.limit - 1))] for at in range(options.limit)]
    named = {str(image.path.relative_to(folder)): image for image in chosen}
    found = find_faces(options, {name: image.path for name, image in named.items()}, read_earlier(options), bad)
    readable = {name: image for name, image in named.items() if name not in bad}
    if not readable:
        raise UserError(f"none of the {len(named)} pictures can be read; {next(iter(bad.values()))}")
    data = f"{folder} ({part})"
    report_on(evaluation.evaluate_labelled(found.detections, readable, data=data, **found.settings), options)


def evaluate_faces(options: argparse.Namespace, bad: dict[str, str]) -> None:
    """Detect or read detections, and measure average precision and recall; in a bad picture nothing is found."""
    from ffkeras import evaluation

    truth = evaluation.read_ground_truth(options.data[0] / "ground_truth")
    images = evaluation.find_images(options.data[0], truth.names)
    sample = {"allow_missing": options.allow_missing, "limit": options.limit}
    earlier = read_earlier(options)
    if earlier is None:
        names = evaluation.choose_sample(truth.names, images, str(options.data[0]), **sample)
    else:
        names = evaluation.choose_sample(truth.names, earlier, str(options.from_detections), **sample)
    found = find_faces(options, {name: images[name] for name in names if name in images}, earlier, bad)
    chosen = {name: images[name] for name in names if name in images and name not in bad}
    scales = evaluation.input_scales(chosen, found.settings["image_size"]) if len(chosen) == len(names) else None
    report_on(evaluation.evaluate_widerface(found.detections, truth, names, scales=scales, **found.settings), options)


@dataclass(frozen=True)
class Found:
    """What was found in pictures, and by what.

    Args:
        detections: picture -> [K, 5] (x, y, w, h, score) in its pixels.
        settings: what a report says of the detector: the arguments that `evaluate_widerface` and `evaluate_labelled`
            share.
    """

    detections: "Detections"
    settings: dict


def read_earlier(options: argparse.Namespace) -> "Detections | None":
    """What --from-detections holds; None where a model is to find faces now. Raises UserError, as its reader."""
    from ffkeras.evaluation import read_detections

    return read_detections(options.from_detections) if options.from_detections else None


def find_faces(
    options: argparse.Namespace,
    paths: Mapping[str, Path],
    earlier: "Detections | None",
    bad: dict[str, str],
) -> Found:
    """Let the model find faces, and write them where that was asked for; or take what was found earlier.

    Args:
        options: of the command line.
        paths: the pictures by the names under which they are reported.
        earlier: see `read_earlier`.
        bad: takes the pictures that cannot be read.

    Raises:
        UserError: the model cannot be used.
    """
    from ffkeras.evaluation.detections import SCORE_THRESHOLD, detect_images, write_detections

    if earlier is None:
        (subject,) = options.model
        detector = load_detector(subject, options.image_size, options.num_threads, SCORE_THRESHOLD)
        image_size, working = detector.image_size, working_threshold(options, detector)
        detections, speed = detect_images(detector, paths, options.grey, bad)
        if options.detections:
            write_detections(options.detections, {name: rows for name, rows in detections.items() if name not in bad})
    else:
        subject, image_size = options.from_detections, options.image_size or DEFAULT_IMAGE_SIZE
        detections, speed, working = earlier, None, working_threshold(options)
    settings = {
        "subject": subject.resolve().name + (" on grey pictures" if options.grey else ""),
        "image_size": image_size,
        "images_per_second": speed,
        "num_threads": options.num_threads,
        "score_threshold": working,
    }
    return Found(detections, settings)


def report_on(report: "Report", options: argparse.Namespace) -> None:
    """Print a report; write its plot and its JSON, where they were asked for."""
    from ffkeras.evaluation.plots import plot_precision_recall
    from ffkeras.files import write_json

    print(report.to_text())
    if options.json:
        write_json(options.json, report.to_json())
    if options.plot:
        plot_precision_recall(options.plot, report.curves, f"{report.title}\n{report.coverage}")


def evaluate_landmarks(options: argparse.Namespace, bad: dict[str, str]) -> None:
    """Measure the landmarks of each model at the score that users see, and compare them, without the bad pictures."""
    from ffkeras.evaluation import LandmarkReport, landmark_errors, landmarked_images
    from ffkeras.files import write_json

    images = landmarked_images(options.data[0], options.limit)
    errors, threshold = {}, working_threshold(options)
    for model in options.model:
        detector = load_detector(model, options.image_size, options.num_threads, threshold)
        errors[str(model)] = landmark_errors(detector, images, bad)
        images = [image for image in images if str(image.path) not in bad]
    report = LandmarkReport(errors, len(images), threshold)
    print(report.to_text())
    if options.json:
        write_json(options.json, report.to_json())


def find_best_threshold(options: argparse.Namespace, bad: dict[str, str]) -> None:
    """Print where precision and recall are balanced over all held-out images, what other scores do, AP by height.

    Bad pictures are left out.
    """
    from ffkeras.data import read_dataset, split_held_out
    from ffkeras.evaluation.ap_by_height import ap_by_height
    from ffkeras.evaluation.best_threshold import working_points
    from ffkeras.evaluation.detections import SCORE_THRESHOLD, detect_images
    from ffkeras.evaluation.labelled import ground_truth
    from ffkeras.evaluation.validation_images import input_scales
    from ffkeras.files import write_json

    _, held_out = split_held_out(read_dataset(options.data))
    if not held_out:
        raise UserError(f"training holds no image out of {options.data[0]}; name folders with more images.")
    images = {str(image.path): image for image in held_out}
    (model,) = options.model
    detector = load_detector(model, options.image_size, options.num_threads, SCORE_THRESHOLD)
    paths = {name: image.path for name, image in images.items()}
    detections, _ = detect_images(detector, paths, bad=bad)
    paths = {name: path for name, path in paths.items() if name not in bad}
    truths = {name: ground_truth(images[name]) for name in paths}
    if not paths:
        raise UserError(f"none of the {len(images)} held-out images can be read, such as {next(iter(bad.values()))}")
    points = working_points(detections, truths)
    if not points:
        raise UserError(f"{model} finds nothing in {len(paths)} images; is it trained?")
    best = max(points, key=lambda point: point.f1)
    print(f"{model}, {len(paths)} held-out images: best F1 {best.f1:.3f} from score {best.threshold:.2f} on")
    print(f"{'score':>6}{'precision':>11}{'recall':>8}{'F1':>7}")
    for wanted in (*(i / 10 for i in range(1, 9)), best.threshold):
        point = min((point for point in points if point.threshold >= wanted), key=lambda p: p.threshold, default=None)
        if point:
            print(f"{wanted:>6.2f}{point.precision:>11.3f}{point.recall:>8.3f}{point.f1:>7.3f}")
    print(f"average precision by face height in an input of {'x'.join(map(str, detector.image_size))}:")
    for band in ap_by_height(detections, truths, input_scales(paths, detector.image_size), FINE_HEIGHT_EDGES):
        print(f"{band.label:>10}{band.ap:>7.3f}  {band.faces} faces")
    if options.json:
        write_json(options.json, {"model": str(model), "images": len(paths), **vars(best), "f1": best.f1})
