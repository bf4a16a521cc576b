"""Released networks by name: "nano_b_320" is the file nano_b_320_int8.tflite, wherever it is here."""

import os
from pathlib import Path

from ffkeras.errors import UserError

DEFAULT_MODEL = "nano_b_fast_640"  # the most accurate int8 file
SUFFIX, INT8 = ".tflite", "_int8"
FOLDERS = (
    Path(__file__).parent / "models",  # installed: setup.py puts the int8 files there
    Path(__file__).parents[2] / "tflite" / "models",  # a checkout
)


def released_models() -> dict[str, Path]:
    """The released files that are here, by name: int8 files without that ending, the others by all of their stem."""
    files = [path for folder in reversed(FOLDERS) for path in folder.glob(f"*{SUFFIX}")]
    return dict(sorted((path.stem.removesuffix(INT8), path) for path in files))


def is_released(path: Path) -> bool:
    """Whether a file is one of those that this installation or checkout came with."""
    return path.resolve().parent in [folder.resolve() for folder in FOLDERS]


def find_model(model: str | os.PathLike) -> Path:
    """The file that is meant: a path as it is, or that of a released network.

    Args:
        model: a path, or a name such as "nano_b_320", "nano_b_320_int8" or "nano_b_320_int8.tflite". A file of that
            name in the working folder comes first.

    Raises:
        UserError: a bare name that is neither a file nor a released network; the sentence has the names.
    """
    path = Path(model)
    if path.name != os.fspath(model) or path.is_file():
        return path
    models = released_models()
    name = path.name.removesuffix(SUFFIX).removesuffix(INT8)
    if name in models:
        return models[name]
    names = ", ".join(models) or "none"
    raise UserError(f"{model} is neither a file nor a released network; name a file or one of those here: {names}.")
