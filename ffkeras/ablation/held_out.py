"""How good a trained run is on the images that training holds out, by data set and by face height.

    python -m ffkeras.ablation.held_out RUN

writes `held_out.json` into a run folder of `tools/train.py`.
"""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

from ffkeras import cli
from ffkeras.evaluation.ap_by_height import ap_by_height
from ffkeras.evaluation.average_precision import average_precision
from ffkeras.evaluation.detections import IOU_THRESHOLD, SCORE_THRESHOLD, detection_rows
from ffkeras.evaluation.labelled import ground_truth
from ffkeras.files import checksum, read_json, write_json
from ffkeras.training.config import TrainingConfig

HELD_OUT_FILE = "held_out.json"
WEIGHTS_FILE, TRAINING_FILE = "model.weights.h5", "training.json"
SYNTHETIC = "synthetic"  # the source of drawn faces


@dataclass(frozen=True)
class HeldOut:
    """The figures of one run.

    Args:
        weights: CRC-32 of the weights that were measured.
        image_size: (height, width) of the network input in pixels.
        by_source: data set -> average precision, 0..1.
        by_height: band of face heights in the network input -> average precision over all sets.
        faces: band -> faces in it.
    """

    weights: str
    image_size: tuple[int, int]
    by_source: dict[str, float]
    by_height: dict[str, float]
    faces: dict[str, int]

    @property
    def ap(self) -> float:
        """The mean of the data sets' average precisions; nan where there is none."""
        values = [value for value in self.by_source.values() if not math.isnan(value)]
        return sum(values) / len(values) if values else math.nan


def read_held_out(folder: Path) -> HeldOut | None:
    """The figures in a run folder; None where there are none, or only of other weights."""
    path = folder / HELD_OUT_FILE
    if not path.exists() or not (folder / WEIGHTS_FILE).exists():
        return None
    values = read_json(path)
    if values.get("weights") != checksum(folder / WEIGHTS_FILE):
        return None
    for name in ("by_source", "by_height"):
        values[name] = {key: math.nan if value is None else value for key, value in values[name].items()}
    return HeldOut(**{**values, "image_size": tuple(values["image_size"])})


def measure_held_out(folder: Path) -> HeldOut:
    """Detect the faces of a run's held-out images at its validation size. Raises UserError where it is no run."""
    from ffkeras.evaluation.keras_detector import KerasFaceDetector
    from ffkeras.models.saving import load_run
    from ffkeras.training.run import make_source

    config = TrainingConfig.from_json(read_json(folder / TRAINING_FILE), str(folder / TRAINING_FILE))
    _, held_out = make_source(config, 0)
    size = config.validation_size
    detector = KerasFaceDetector(load_run(folder), size, SCORE_THRESHOLD, IOU_THRESHOLD)
    found: dict[str, dict] = {}
    truths: dict[str, dict] = {}
    scales: dict[str, float] = {}
    for index in range(len(held_out)):
        image, labelled = held_out.load(index)
        name, source = str(index), labelled.source or SYNTHETIC
        found.setdefault(source, {})[name] = detection_rows(detector.detect(image))
        truths.setdefault(source, {})[name] = ground_truth(labelled)
        scales[name] = min(size[0] / image.shape[0], size[1] / image.shape[1])
    by_source = {source: average_precision(found[source], truths[source]) for source in found}
    all_found = {name: rows for entries in found.values() for name, rows in entries.items()}
    all_truths = {name: truth for entries in truths.values() for name, truth in entries.items()}
    bands = ap_by_height(all_found, all_truths, scales)
    return HeldOut(
        checksum(folder / WEIGHTS_FILE),
        size,
        by_source,
        {band.label: band.ap for band in bands},
        {band.label: band.faces for band in bands},
    )


def write_held_out(folder: Path, figures: HeldOut) -> None:
    """Write the figures into the run folder. Raises UserError where that fails."""
    values = dict(vars(figures))
    for name in ("by_source", "by_height"):
        values[name] = {key: None if math.isnan(value) else round(value, 6) for key, value in values[name].items()}
    write_json(folder / HELD_OUT_FILE, values)


def main() -> None:
    """Measure the run that the command line names, on one thread."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a trained run")
    folder = parser.parse_args().run

    from ffkeras.backend import tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    figures = measure_held_out(folder)
    write_held_out(folder, figures)
    print(f"held-out AP {figures.ap:.3f}: {folder / HELD_OUT_FILE}")


if __name__ == "__main__":
    cli.run(main)
