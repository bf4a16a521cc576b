#!/usr/bin/env python3
"""Measure what detectors lose on grey, infrared-like, turned, upside-down and covered faces."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli  # noqa: E402
from ffkeras.errors import UserError  # noqa: E402


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", nargs="+", required=True, metavar="M", help=".tflite files or released names")
    parser.add_argument("--data", required=True, metavar="DIR", help="labelled pictures, see docs/own-data.md")
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="pictures, evenly spread (%(default)s)")
    parser.add_argument("--rotations", action="store_true", help="detect with rotations too, in the turned pictures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    return parser.parse_args()


def main() -> None:
    """Print a table for each model: average precision, and precision and recall at the model's own threshold."""
    options = parse_arguments()
    import numpy as np

    from ffkeras.data.dataset import read_dataset
    from ffkeras.evaluation.detections import IOU_THRESHOLD, with_progress
    from ffkeras.evaluation.hard_faces import VARIANTS
    from ffkeras.evaluation.hard_measure import measure
    from ffkeras.files import write_json
    from ffkeras.runtime import FaceDetector

    images = [image for image in read_dataset([options.data]) if (~image.ignore).any()]
    if not images or options.limit < 1:
        raise UserError(f"{options.data} gives no picture with faces; name another folder, or a --limit above zero.")
    chosen = np.unique(np.linspace(0, len(images) - 1, options.limit).round().astype(int))
    images = [images[at] for at in chosen]
    figures = {}
    for model in options.model:
        detector = FaceDetector(model, score_threshold=0.02, iou_threshold=IOU_THRESHOLD)
        working = detector.metadata.score_threshold
        print(f"{model}, {len(images)} pictures of {options.data}; precision and recall from score {working:g} on")
        print(f"{'pictures':<26}{'AP':>7}{'precision':>11}{'recall':>8}")
        rows = {name: (variant, False) for name, variant in VARIANTS.items()}
        if options.rotations:
            rows |= {
                f"{name}, --rotations": (VARIANTS[name], True) for name in ("as it is", "on its side", "upside down")
            }
        for name, (variant, rotations) in rows.items():
            found = measure(detector, with_progress(images, len(images)), variant, working, rotations)
            print(f"{name:<26}{found.ap:>7.3f}{found.precision:>11.3f}{found.recall:>8.3f}", flush=True)
            figures.setdefault(model, {})[name] = vars(found)
    if options.json:
        write_json(options.json, figures)


if __name__ == "__main__":
    cli.run(main)
