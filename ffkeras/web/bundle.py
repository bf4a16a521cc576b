"""The models of the browser demo: released files with float32 borders, and an index that the page reads."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ffkeras.conversion.apply_target import apply_target, check_target
from ffkeras.conversion.report import ValidationReport
from ffkeras.conversion.targets import TARGETS
from ffkeras.errors import UserError
from ffkeras.files import write_bytes, write_json
from ffkeras.runtime import read_metadata, read_model

INDEX = "index.json"
FORMAT = 1
WEB = TARGETS["web"]
SUFFIXES = ("_int8", "_float32")  # of released files, which "_web" replaces


def bundle_models(files: Sequence[Path], folder: Path, images: Sequence[np.ndarray]) -> list[Path]:
    """Write the models that the page offers, and its index last. What the folder held before stays, unlisted.

    Args:
        files: .tflite files with raw outputs, int8 or float32; the page starts with the first.
        folder: where the models and index.json go.
        images: uint8 BGR [H, W, 3] on which each file must give the same as the one that it is made from, at least one.

    Returns:
        The paths that were written.

    Raises:
        UserError: a file cannot be read or used, two of them would have one name, or the folder cannot be written.
    """
    names = [web_name(file) for file in files]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"two of the given files would be {name}; rename one.")
    models = {web_name(file): make_web_model(read_model(file), str(file), images) for file in files}
    for name, model in models.items():
        write_bytes(folder / name, model)
    index = {"format": FORMAT, "models": [{"file": name, "bytes": len(model)} for name, model in models.items()]}
    write_json(folder / INDEX, index)
    return [*(folder / name for name in models), folder / INDEX]


def web_name(file: Path) -> str:
    """What a file is called in the demo: nano_b_320_int8.tflite is nano_b_320_web.tflite there."""
    stem = file.stem
    for suffix in (*SUFFIXES, f"_{WEB.name}"):
        stem = stem.removesuffix(suffix)
    return f"{stem}_{WEB.name}.tflite"


def make_web_model(model: bytes, name: str, images: Sequence[np.ndarray]) -> bytes:
    """The same network with float32 at the borders, where LiteRT.js refuses int8; a file that has them is left alone.

    Args:
        model: bytes of a .tflite file with its record and raw outputs.
        name: what the sentence of an error calls the file.
        images: uint8 BGR [H, W, 3] to compare the two files on, at least one.

    Raises:
        UserError: a file that cannot be used.
    """
    record = read_metadata(model, name)
    if record.borders == "float32":
        return model
    if record.decoded:
        raise UserError(f"{name} decodes in the file, behind an int8 input; bundle the int8 file it was made from.")
    made = apply_target(model, WEB)
    report = check_target(made, model, WEB, images, ValidationReport((), (), len(images), 0))
    if not report.passed:
        raise UserError(f"{name} with float32 borders does not do what the file does: {report.failure}.")
    return made
