"""The golden set: real pictures with the faces that each released network finds in them, for every other target.

Android, browser, Raspberry Pi and C are held against what Python finds; docs/design.md has the format. All of it is
made at once, in memory, so that writing and checking start from the same bytes.
"""

import hashlib
import json
import re
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from ffkeras.errors import UserError
from ffkeras.files import read_json, write_bytes
from ffkeras.golden.decoding import Geometry, make_decoding_cases
from ffkeras.golden.images import PHOTOGRAPHS, make_images
from ffkeras.images import read_image
from ffkeras.runtime import Face, read_model
from ffkeras.runtimes.launch import run_worker
from ffkeras.runtimes.registry import RUNTIMES, THIS_MACHINE
from ffkeras.runtimes.replay import Replay

FORMAT = 1
INDEX = "golden.json"
FOLDERS = ("images", "vectors")  # beside INDEX; all that is in them belongs to the set
MODELS = (
    "nano_b_micro_160_int8",
    "nano_b_fast_320_int8",
    "nano_b_320_int8",
    "v2_ultra_320_int8",
    "nano_b_640_int8",
)
KEPT_UP_TO = 320  # pixels: raw outputs of a larger input would be megabytes
OUTPUT_ORDER = ("classification", "bbox_regression", "landmarks")  # in a file of raw outputs
KERNELS = {"reference": "reference", "optimized": "default"}  # key in the set -> kernels of the worker
PNG = (cv2.IMWRITE_PNG_COMPRESSION, 9)
DECIMALS = 5  # a hundred-thousandth of a pixel

_NUMBERS = re.compile(r"\[\s+([-+.eE\d]+(?:,\s+[-+.eE\d]+)*)\s+\]")


def make_golden(models: Path, photographs: Path) -> dict[str, bytes]:
    """All files of the golden set, by their path in its folder.

    Args:
        models: the folder of the released files.
        photographs: the folder of `golden_images.PHOTOGRAPHS`.

    Raises:
        UserError: a model or photograph cannot be read, or LiteRT is not installed.
    """
    images = make_images({name: read_image(photographs / name) for name in PHOTOGRAPHS})
    files = {_image_path(name): cv2.imencode(".png", image, PNG)[1].tobytes() for name, image in images.items()}
    entries = []
    for name in MODELS:
        entry, vectors = _run_model(models / f"{name}.tflite", images)
        entries.append(entry)
        files |= vectors
    decoding, vectors = _decode_cases(models / f"{MODELS[0]}.tflite")
    files |= vectors
    pictures = [
        {"file": _image_path(name), "width": image.shape[1], "height": image.shape[0]} for name, image in images.items()
    ]
    index = {"format": FORMAT, "images": pictures, "models": entries, "decoding": decoding}
    return files | {INDEX: _to_text(index).encode()}


def write_golden(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the set, the index last, and remove what an earlier one left in its folders.

    Raises:
        UserError: the folder cannot be written.
    """
    for name in sorted(files, key=lambda name: name == INDEX):
        write_bytes(folder / name, files[name])
    for name in list_files(folder) - files.keys():
        (folder / name).unlink()


def list_files(folder: Path) -> set[str]:
    """Paths in `folder` of the files that belong to a golden set there."""
    found = [path for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file()]
    found += [path for path in [folder / INDEX] if path.is_file()]
    return {path.relative_to(folder).as_posix() for path in found}


def face_to_json(face: Face) -> dict:
    """A face with more decimals than users need: implementations are compared by it."""
    return {
        "box": face.box.astype(float).round(DECIMALS).tolist(),
        "score": round(face.score, 8),
        "landmarks": face.landmarks.astype(float).round(DECIMALS).tolist(),
    }


def _image_path(name: str) -> str:
    return f"images/{name}.png"


def _run_model(model: Path, images: Mapping[str, np.ndarray]) -> tuple[dict, dict[str, bytes]]:
    """A model's entry in the index, and the files of its raw outputs."""
    replay = Replay(model)
    record = replay.metadata
    inputs = replay.inputs_of(images.values())
    runs = {key: _run_kernels(model, inputs, kernels) for key, kernels in KERNELS.items()}
    results, vectors = [], {}
    for position, (name, image) in enumerate(images.items()):
        raw = {key: [output[position] for output in outputs] for key, outputs in runs.items()}
        path = f"vectors/{model.stem}/{name}.bin" if max(record.image_size) <= KEPT_UP_TO else None
        if path:
            vectors[path] = _to_vector(dict(zip(replay.output_names, raw["reference"], strict=True)))
        faces = {key: list(map(face_to_json, replay.faces(image, outputs))) for key, outputs in raw.items()}
        crc = f"{zlib.crc32(inputs[position].tobytes()):08x}"
        results.append({"image": _image_path(name), "input_crc32": crc, "outputs": path, **faces})
    entry = {
        "file": model.name,
        "sha256": hashlib.sha256(read_model(model)).hexdigest(),
        "image_size": list(record.image_size),
        "score_threshold": record.score_threshold,
        "iou_threshold": record.iou_threshold,
        "results": results,
    }
    return entry, vectors


def _run_kernels(model: Path, inputs: np.ndarray, kernels: str) -> list[np.ndarray]:
    """LiteRT's raw outputs [N, 1, A, C] for all inputs, in the file's order. Raises UserError where it does not run."""
    runtime = next(r for r in RUNTIMES if (r.package, r.kernels, r.machine) == ("litert", kernels, THIS_MACHINE))
    with tempfile.TemporaryDirectory(prefix="ffkeras_") as name:
        path = Path(name) / "inputs.npy"
        np.save(path, inputs)
        run = run_worker(runtime, "images", model, path, Path(name))
    if run.failure:
        raise UserError(f"{runtime.label} cannot run {model}: {run.failure}; install ai-edge-litert.")
    return [output.reshape(len(inputs), 1, *output.shape[-2:]) for output in run.outputs]


def _to_vector(outputs: Mapping[str, np.ndarray]) -> bytes:
    return b"".join(np.ascontiguousarray(outputs[name]).tobytes() for name in OUTPUT_ORDER)


def _decode_cases(model: Path) -> tuple[list[dict], dict[str, bytes]]:
    replay = Replay(model)
    details = dict(zip(replay.output_names, replay.output_details, strict=True))
    shapes = {name: tuple(entry["shape"][1:].tolist()) for name, entry in details.items()}
    quantization = {name: entry["quantization"] for name, entry in details.items()}
    entries, vectors = [], {}
    for name, case in make_decoding_cases(Geometry(replay.metadata, shapes, quantization)).items():
        path = f"vectors/decoding/{name}.bin"
        vectors[path] = _to_vector(case.outputs)
        source = np.zeros((case.source_height, case.source_width, 3), np.uint8)
        faces = replay.faces(source, [case.outputs[output][None] for output in replay.output_names])
        size = {"source_width": case.source_width, "source_height": case.source_height}
        entries.append({"model": model.name, "outputs": path, **size, "faces": list(map(face_to_json, faces))})
    return entries, vectors


def _to_text(index: Mapping[str, object]) -> str:
    """Indented JSON with each list of numbers on one line."""
    text = json.dumps(index, indent=1)
    return _NUMBERS.sub(lambda found: "[" + " ".join(found[1].split()) + "]", text) + "\n"


def read_index(folder: Path) -> dict:
    """The index of a golden set as it is written. Raises UserError where it is missing or of another format."""
    index = read_json(folder / INDEX)
    if index.get("format") != FORMAT:
        found = index.get("format")
        raise UserError(f"{folder / INDEX} has format {found!r}, where this reads {FORMAT}; make it again.")
    return index


def faces_of(entries: Sequence[dict]) -> list[Face]:
    """Faces of an index, or of what tools/detect.py writes, as the detector gives them."""
    return [
        Face(np.array(entry["box"], np.float32), entry["score"], np.array(entry["landmarks"], np.float32))
        for entry in entries
    ]
