"""Starting workers, and telling a crash from a refusal."""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ffkeras.runtimes.registry import Runtime, python_of

WORKER = Path(__file__).with_name("worker.py")
TELLING_LINES = 3  # of what a failed worker wrote to stderr

Progress = Callable[[int, int], None]  # (done, all)


@dataclass(frozen=True, eq=False)
class Run:
    """What a worker left.

    Args:
        arrays: as `worker` describes them; empty where it failed.
        version: of the runtime; empty where it failed.
        failure: why it failed, in words; None where it did not.
        crashed: it was ended by a signal, not by an error of its own.
    """

    arrays: dict[str, np.ndarray]
    version: str = ""
    failure: str | None = None
    crashed: bool = False

    @property
    def outputs(self) -> list[np.ndarray]:
        """The outputs of the task "images", in the file's order."""
        return [self.arrays[f"output_{index}"] for index in range(len(self.arrays))]


def run_worker(
    runtime: Runtime,
    task: str,
    model: Path,
    inputs: Path,
    folder: Path,
    arm_python: Path | None = None,
    progress: Progress = lambda done, of: None,
) -> Run:
    """Run one task of `worker` in a process of its own, and wait for it.

    Args:
        runtime: what runs the file.
        task: "images", "tensors" or "operations".
        model, inputs: as `worker` describes them.
        folder: where temporary files may lie.
        arm_python: the Python of runtimes for ARM.
        progress: called after every image.
    """
    outputs, log = folder / "outputs.npz", folder / "worker.log"
    outputs.unlink(missing_ok=True)
    command = [python_of(runtime, arm_python), str(WORKER), task, runtime.package, runtime.kernels]
    command += [str(path.resolve()) for path in (model, inputs, outputs)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONDONTWRITEBYTECODE": "1"}
    with log.open("wb") as errors:
        try:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        except OSError as error:
            return Run({}, failure=f"{command[0]} cannot be started ({error.strerror})")
        try:
            for line in process.stdout:
                _report(line, progress)
            code = process.wait()
        finally:  # Ctrl-C reaches the worker too, but not one in another session
            process.kill()
            process.wait()
    if code != 0 or not outputs.exists():
        return Run({}, failure=_failure(code, log.read_text(errors="replace")), crashed=code < 0)
    with np.load(outputs) as found:
        arrays = dict(found)
    return Run(arrays, version=str(arrays.pop("version")))


def _report(line: str, progress: Progress) -> None:
    words = line.split()
    if len(words) == 2 and all(word.isdigit() for word in words):  # not what a library prints
        progress(int(words[0]), int(words[1]))


def _failure(code: int, log: str) -> str:
    if code < 0:
        return f"crashed ({signal.Signals(-code).name})"
    lines = [line.strip() for line in log.splitlines() if line.strip() and not line.startswith(("INFO:", " "))]
    telling = [line for line in lines if not line.startswith("Traceback")][-TELLING_LINES:]
    return "; ".join(telling) or f"ended with code {code}"
