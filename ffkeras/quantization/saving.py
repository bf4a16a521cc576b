"""A quantised run folder: `model.json` (the configuration) and `quantized.weights.npz` beside it."""

import io
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from ffkeras.errors import UserError, reason_of
from ffkeras.files import read_json, write_bytes, write_json
from ffkeras.models import config_from_json, config_to_json
from ffkeras.models.build import build_model
from ffkeras.models.saving import CONFIG_FILE, QUANTIZED_FILE, check_finite
from ffkeras.quantization.network import QuantizedFeatherFace

QUANTIZED_FOLDER = "quantized"  # within the float run's folder, unless training is told otherwise


def is_quantized_run(folder: str | os.PathLike) -> bool:
    """Whether `tools/train.py --quantize` has written weights into the folder."""
    return (Path(folder) / QUANTIZED_FILE).exists()


def save_quantized(network: QuantizedFeatherFace, folder: str | os.PathLike) -> None:
    """Write configuration and weights into `folder`, each whole or not at all.

    Raises:
        UserError: the folder cannot be written, or a weight is not finite; what stood there then stays.
    """
    folder = Path(folder)
    check_finite(network.weights, f"{folder / QUANTIZED_FILE} is not written")
    content = io.BytesIO()
    np.savez_compressed(content, *[weight.numpy() for weight in network.weights])
    write_bytes(folder / QUANTIZED_FILE, content.getvalue())
    write_json(folder / CONFIG_FILE, config_to_json(network.config))


def load_quantized(folder: str | os.PathLike) -> QuantizedFeatherFace:
    """Build the quantised network of a run folder and load its weights.

    Raises:
        UserError: not a quantised run folder, or weights that do not fit the configuration beside them.
    """
    folder = Path(folder)
    config_path, path = folder / CONFIG_FILE, folder / QUANTIZED_FILE
    if not path.exists():
        raise UserError(f"{folder} is not a quantised run: it has no {QUANTIZED_FILE}; train it with --quantize.")
    network = QuantizedFeatherFace(build_model(config_from_json(read_json(config_path), str(config_path))))
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = [stored[f"arr_{i}"] for i in range(len(stored.files))]
        if any(not np.isfinite(array).all() for array in arrays):
            raise ValueError("it has numbers that are not finite")
        network.set_weights(arrays)
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(
            f"{path} does not hold weights of this {network.config.network} configuration ({reason_of(error)}); "
            f"use the {CONFIG_FILE} that was written with them."
        ) from error
    return network
