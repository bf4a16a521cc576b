"""The files that users download: they run as they are, and find the faces of photographs that nobody trained on."""

import dataclasses
import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from ffkeras.files import checksum
from ffkeras.firmware.arena import smallest_arena
from ffkeras.geometry import iou_matrix
from ffkeras.images import read_image
from ffkeras.models import config_from_json
from ffkeras.models.build import build_model
from ffkeras.models.describe import describe
from ffkeras.models.saving import load_run, save_run
from ffkeras.runtime import FaceDetector
from ffkeras.runtime.checksum import find_checksum
from ffkeras.runtime.flatbuffer import find_metadata_buffer
from ffkeras.runtime.metadata import METADATA_NAME

ROOT = Path(__file__).resolve().parents[1]
MODELS = sorted((ROOT / "tflite" / "models").glob("*.tflite"))
PHOTOS = ROOT / "tests" / "data" / "photos"
LABELS = {entry["image"]: entry["faces"] for entry in json.loads((PHOTOS / "faces.json").read_text())}
DEFAULT_MODEL = "nano_b_fast_640_int8.tflite"
VARIANTS = ("", "_dense", "_fast", "_micro")
LANDMARK_TOLERANCE = 0.12  # of the face's size, the hand-placed landmarks' own uncertainty among it

by_model = pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)


def test_the_default_model_of_the_tools_is_released():
    assert DEFAULT_MODEL in [path.name for path in MODELS]


@by_model
def test_a_file_is_named_after_its_record(model):
    record = FaceDetector(model).metadata
    size = record.image_size[0]
    kind = "int8" if record.quantization == "int8" else "float32"
    assert model.stem in [f"{record.network}{variant}_{size}_{kind}" for variant in VARIANTS]


@by_model
@pytest.mark.parametrize("photo", [name for name, faces in LABELS.items() if faces])
def test_the_best_face_is_the_labelled_one(model, photo):
    (label,) = LABELS[photo]
    best = FaceDetector(model).detect(read_image(PHOTOS / photo))[0]
    assert iou_matrix(np.array([label["box"]], np.float32), best.box[None])[0, 0] >= 0.5
    size = np.sqrt(np.prod(best.box[2:] - best.box[:2]))
    distances = np.linalg.norm(best.landmarks - np.array(label["landmarks"]), axis=1)
    assert distances.mean() < LANDMARK_TOLERANCE * size


@pytest.mark.parametrize("photo", [name for name, faces in LABELS.items() if faces])
def test_the_default_model_reports_the_labelled_face_and_nothing_else(photo):
    detector = FaceDetector(ROOT / "tflite" / "models" / DEFAULT_MODEL, score_threshold=0.5)
    assert len(detector.detect(read_image(PHOTOS / photo))) == len(LABELS[photo])


@by_model
def test_a_model_has_a_run_folder_with_its_weights_configuration_and_logs(model):
    folder = model.parent / model.stem.rsplit("_", 2)[0]
    for name in ("model.json", "model.weights.h5", "training.json", "epochs.csv", "steps.csv", "README.md"):
        assert (folder / name).exists(), f"{folder.name} lacks {name}"
    config = config_from_json(json.loads((folder / "model.json").read_text()))
    converted = config_from_json(FaceDetector(model).metadata.model)
    assert converted == dataclasses.replace(config, class_logits=1, shuffle_groups=1)  # simplified, else the same


def stored(path):
    """Name of each array of a weights file -> its values."""
    arrays = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, entry: arrays.update({name: entry[()]} if isinstance(entry, h5py.Dataset) else {}))
    return arrays


@pytest.mark.parametrize("name", ["nano_b", "v2_ultra"])
def test_a_released_run_is_loaded_and_written_again_as_it_is(name, tmp_path):
    folder = ROOT / "tflite" / "models" / name
    save_run(load_run(folder), tmp_path)
    before, after = (stored(path / "model.weights.h5") for path in (folder, tmp_path))
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[key], after[key]) for key in before)


def test_the_pruned_networks_are_as_small_as_they_are_said_to_be():
    parameters = {}
    for name in ("nano_b", "nano_b_micro", "nano_b_dense"):
        folder = ROOT / "tflite" / "models" / name
        config = config_from_json(json.loads((folder / "model.json").read_text()))
        parameters[name] = describe(build_model(config), (64, 64)).parameters
    assert 120_000 <= parameters["nano_b"] <= 180_000 < parameters["nano_b_dense"]  # the specification's budget
    assert parameters["nano_b_micro"] < parameters["nano_b"]


def test_the_micro_file_fits_its_arena():
    pytest.importorskip("tflite_micro")
    (model,) = (ROOT / "tflite" / "models").glob("nano_b_micro_*_int8.tflite")
    assert smallest_arena(model.read_bytes()) <= 256 * 1024


@pytest.mark.parametrize("folder", [path for path in (ROOT / "tflite" / "models").iterdir() if path.is_dir()])
def test_quantised_weights_are_those_of_the_float_weights_beside_them(folder):
    record = json.loads((folder / "quantized" / "training.json").read_text())
    assert (folder / "quantized" / "quantized.weights.npz").exists()
    assert record["start_checksum"] == checksum(folder / "model.weights.h5")


@by_model
def test_a_file_is_sealed(model):
    data = model.read_bytes()
    assert find_checksum(data, find_metadata_buffer(data, METADATA_NAME)) is not None
