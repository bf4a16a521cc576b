"""What a device runs, and what it should give: inputs for `worker` elsewhere, and the reference's outputs for them."""

import tempfile
from pathlib import Path

import numpy as np

from ffkeras.crosscheck.check import Settings
from ffkeras.errors import UserError
from ffkeras.files import atomic_path
from ffkeras.runtimes.launch import run_worker
from ffkeras.runtimes.registry import REFERENCE
from ffkeras.runtimes.replay import Replay


def device_paths(model: Path, folder: Path) -> tuple[Path, Path]:
    """Where the inputs and the outputs of a file go."""
    return folder / f"{model.stem}_inputs.npy", folder / f"{model.stem}_reference.npz"


def write_device_inputs(model: Path, settings: Settings, folder: Path) -> tuple[Path, Path]:
    """Write a file's inputs for all images, and the outputs of the first runtime here with reference kernels.

    Args:
        model: a .tflite file with an ffkeras record.
        settings: its images are taken, and its runtimes.
        folder: made where it is missing.

    Returns:
        .npy of [N, 1, height, width, 3] in the input's own type, and .npz as `worker` leaves it.

    Raises:
        UserError: the file cannot be used, no runtime with reference kernels runs it, or `folder` cannot be written.
    """
    inputs, outputs = device_paths(model, folder)
    with atomic_path(inputs) as temporary:
        np.save(temporary, Replay(model).inputs_of(settings.images.values()))
    able = [runtime for runtime in settings.runtimes if runtime.family == REFERENCE and not runtime.machine]
    with tempfile.TemporaryDirectory(prefix="ffkeras_") as name:
        for runtime in able:
            run = run_worker(runtime, "images", model, inputs, Path(name))
            if run.failure is None:
                with atomic_path(outputs) as temporary:
                    np.savez(temporary, version=np.array(run.version), **run.arrays)
                return inputs, outputs
    raise UserError(f"no runtime with reference kernels can run {model} here; install ai-edge-litert.")
