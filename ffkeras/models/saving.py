"""A run folder: `model.json` (the configuration) and `model.weights.h5` beside it."""

import io
import os
from collections.abc import Iterable
from pathlib import Path

import h5py
import numpy as np

from ffkeras.backend import keras
from ffkeras.errors import UserError, reason_of
from ffkeras.files import read_json, write_bytes, write_json
from ffkeras.models.build import build_model
from ffkeras.models.config import NetworkConfig, config_from_json, config_to_json
from ffkeras.models.featherface import FeatherFace

CONFIG_FILE = "model.json"
WEIGHTS_FILE = "model.weights.h5"
QUANTIZED_FILE = "quantized.weights.npz"  # instead, after quantization-aware training; see `ffkeras.quantization`


def save_run(model: FeatherFace, folder: str | os.PathLike) -> None:
    """Write configuration and weights into `folder`, each whole or not at all.

    Raises:
        UserError: the folder cannot be written, or a weight is not finite; what stood there then stays.
    """
    folder = Path(folder)
    check_finite(model.weights, f"{folder / WEIGHTS_FILE} is not written")
    write_bytes(folder / WEIGHTS_FILE, _weights_as_bytes(model))
    write_json(folder / CONFIG_FILE, config_to_json(model.config))


def check_finite(weights: Iterable, what: str) -> None:
    """Refuse weights with NaN or infinity. Raises UserError, which begins with `what`."""
    wrong = [weight.name for weight in weights if weight.dtype.is_floating and not np.isfinite(weight.numpy()).all()]
    if wrong:
        raise UserError(
            f"{what}: {len(wrong)} arrays hold numbers that are not finite, the first is {wrong[0]}; "
            "train again with a lower learning rate, and look for wrong labels."
        )


def _weights_as_bytes(model: FeatherFace) -> bytes:
    """What `model.save_weights` would write, made in memory: HDF5 on a full disk prints its own long complaints."""
    saving_lib = keras.src.saving.saving_lib
    content = io.BytesIO()
    store = saving_lib.H5IOStore(content, mode="w")
    saving_lib._save_state(model, store, assets_store=None, inner_path="", visited_trackables=set())
    store.close()
    return content.getvalue()


def load_config(folder: str | os.PathLike) -> NetworkConfig:
    """The configuration of a run folder's network. Raises UserError where it is not a run folder."""
    path = Path(folder) / CONFIG_FILE
    if not path.exists():
        raise UserError(f"{folder} is not a run folder: it has no {CONFIG_FILE}; name a folder that training wrote.")
    return config_from_json(read_json(path), str(path))


def load_run(folder: str | os.PathLike) -> FeatherFace:
    """Build the network of a run folder and load its weights.

    Raises:
        UserError: not a run folder, or weights that do not fit the configuration beside them.
    """
    folder = Path(folder)
    config = load_config(folder)
    if (folder / QUANTIZED_FILE).exists() and not (folder / WEIGHTS_FILE).exists():
        raise UserError(f"{folder} is a quantised run, for int8 files alone; name the float run that it came from.")
    model = build_model(config)
    load_weights(model, folder / WEIGHTS_FILE)
    return model


def load_weights(model: FeatherFace, path: str | os.PathLike) -> None:
    """Load weights into a network of the same configuration.

    Raises:
        UserError: missing or corrupt weights, or weights of another configuration.
    """
    if not Path(path).exists():
        raise UserError(f"{path} does not exist; check the path, or train first.")
    try:
        stored = _count_arrays(path)
        if stored != len(model.weights):  # Keras passes over arrays that the network has no place for
            raise ValueError(f"it has {stored} arrays, the network {len(model.weights)}")
        model.load_weights(path)
        check_finite(model.weights, "it cannot be used")
    except Exception as error:  # h5py and Keras raise many kinds for one cause
        raise UserError(
            f"{path} does not hold weights of this {model.config.network} configuration ({reason_of(error)}); "
            f"use the {CONFIG_FILE} that was written with them."
        ) from error


def _count_arrays(path: str | os.PathLike) -> int:
    count = 0

    def visit(_, entry):
        nonlocal count
        count += isinstance(entry, h5py.Dataset)

    with h5py.File(path) as file:
        file.visititems(visit)
    return count
