"""Choosing the models that both builds of the Android app put into its assets."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ffkeras.conversion.xnnpack_passes import has_xnnpack_forms
from ffkeras.errors import UserError
from ffkeras.runtime import Interpreter, Metadata, read_model

MODELS_FOLDER = Path(__file__).resolve().parents[2] / "android_demo" / "models"
SUFFIX = ".tflite"  # what the app lists
SMALL_INPUT = 256  # pixels: below it only near faces are found in a camera's picture


@dataclass(frozen=True)
class BundledModel:
    """A file that the app is going to have.

    Args:
        name: its file name, which the app shows.
        data: its bytes.
        record: the record in it.
    """

    name: str
    data: bytes
    record: Metadata

    def describe(self) -> str:
        """One line: network, input, type, outputs, size."""
        height, width = self.record.image_size
        kind = "float32" if self.record.quantization == "none" else "int8"
        outputs = "decoded" if self.record.decoded else "raw"
        size = len(self.data) / 1000
        return f"{self.name}: {self.record.network}, {height} x {width}, {kind}, {outputs} outputs, {size:.0f} KB"

    def remarks(self) -> list[str]:
        """What does not suit a phone, though it works: a sentence each."""
        remarks = []
        if self.record.quantization == "none":
            remarks.append("it computes in float32, which is larger and slower than int8 of the same network.")
        elif not has_xnnpack_forms(self.data):
            remarks.append("its operations have the plain forms of `--target micro`; a phone runs the others faster.")
        if self.record.quantization == "int8" and self.record.borders == "float32":
            remarks.append("its borders are float32, as `--target web` makes them; a phone takes int8 as it is.")
        if max(self.record.image_size) < SMALL_INPUT:
            remarks.append(f"its input has {max(self.record.image_size)} pixels, so that only near faces are found.")
        return remarks


def bundle_models(paths: Sequence[Path], folder: Path = MODELS_FOLDER) -> list[BundledModel]:
    """Make `folder` hold these files and no others: all of them, or what it held before.

    Each file is checked as the app will do: its record, its checksum, its inputs and outputs.

    Raises:
        UserError: a file cannot be used, has another suffix, or shares its name with another; the folder cannot be
            written, or the disk is full.
    """
    models: dict[str, BundledModel] = {}
    for path in paths:
        if path.suffix != SUFFIX:
            raise UserError(f"{path} does not end in {SUFFIX}, by which the app knows its models; rename it.")
        if path.name in models:
            raise UserError(f"two files are called {path.name}, and the app has one folder; rename one of them.")
        models[path.name] = BundledModel(path.name, read_model(path), Interpreter(path).metadata)
    _replace_folder(folder, {name: model.data for name, model in models.items()})
    return list(models.values())


def drop_bundle(folder: Path = MODELS_FOLDER) -> None:
    """Forget the choice, so that builds take the models named in `android_demo/gradle.properties` again.

    Raises:
        UserError: the folder cannot be removed.
    """
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise UserError(f"cannot remove {folder}: {error.strerror or error}; remove it yourself.") from error


def _replace_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.", suffix=".part") as work:
            new, old = Path(work) / "new", Path(work) / "old"
            new.mkdir()
            for name, data in files.items():
                (new / name).write_bytes(data)
            had = folder.exists()
            if had:
                folder.rename(old)
            try:
                new.rename(folder)
            except OSError:
                if had:
                    old.rename(folder)
                raise
    except OSError as error:
        raise UserError(f"cannot write {folder}: {error.strerror or error}; free some space or allow it.") from error
