"""Trying a model in a process of its own, before a program runs a graph that may take its process down.

A checksum shows that a file is whole, not that it was written in good faith: an interpreter reads a forged graph as it
reads any other, beyond the ends of its memory too. `python -m ffkeras.runtime.trial` is the process.
"""

import contextlib
import functools
import json
import os
import signal
import subprocess
import sys

import numpy as np

from ffkeras.errors import UserError, reason_of
from ffkeras.runtime.interpreter import Interpreter, preferred_interpreter_class
from ffkeras.runtime.model_file import read_model
from ffkeras.runtime.released import find_model, is_released

PATIENCE = 120.0  # seconds; the largest of ours takes two
MOST_MEMORY = 8 << 30  # bytes of addresses, of which most are never touched

Shapes = dict[int, tuple[int, ...]]


def try_model(model: str | os.PathLike) -> Shapes | None:
    """Load a model and run it on two pictures in another process; a file that this installation released is trusted.

    Args:
        model: path of a .tflite file, or the name of a released network.

    Returns:
        Tensor -> the shape that its operations give it; None where the file was not tried.

    Raises:
        UserError: the file cannot be read or used, or the process did not live through it.
    """
    path = find_model(model)
    if is_released(path):
        return None
    return try_bytes(read_model(path), str(path))


@functools.lru_cache(maxsize=4)
def try_bytes(model: bytes, name: str) -> Shapes:
    """As `try_model`, for the bytes of a file that sentences call `name`."""
    try:
        result = subprocess.run(
            [sys.executable, "-m", __name__, name],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            input=model,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"{name} takes longer than {PATIENCE:.0f} seconds for two pictures; convert it again."
        ) from error
    except OSError as error:
        raise UserError(f"cannot start a process to try {name} in ({error.strerror}); end other programs.") from error
    lines = result.stdout.splitlines()
    answer = json.loads(lines[-1]) if result.returncode == 0 and lines else {}
    if "error" in answer:
        raise UserError(answer["error"])
    if "shapes" not in answer:
        raise UserError(
            f"{name} takes the interpreter down ({_ending(result.returncode)}) though its checksum is right: "
            "it is forged, or not for this interpreter; take models from whom you trust."
        )
    return {int(tensor): tuple(shape) for tensor, shape in answer["shapes"].items()}


def _ending(code: int) -> str:
    with contextlib.suppress(ValueError):
        if code < 0:
            return signal.Signals(-code).name
    return f"exit code {code}"


def _run(model: bytes, name: str) -> dict[int, list[int]]:
    """Run a model as a detector does, and by kernels that work out all shapes themselves; returns those."""
    chosen = preferred_interpreter_class()
    kinds = sys.modules[chosen.__module__].OpResolverType
    # a delegate takes the file's word for the shapes inside it
    plain = functools.partial(chosen, experimental_op_resolver_type=kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    for interpreter_class in (chosen, plain):
        interpreter = Interpreter(model, interpreter_class=interpreter_class, name=name)
        size = (*interpreter.image_size, 3)
        for canvas in (np.zeros(size, np.uint8), np.random.default_rng(0).integers(0, 256, size, np.uint8)):
            interpreter.run(canvas)
    return interpreter.shapes()


def main() -> None:
    """Try the model on standard input, called by the first argument; prints a line of JSON."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whatever a library prints is no answer
    with contextlib.suppress(ImportError, OSError, ValueError, OverflowError):  # the last where numbers have 32 bits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    name = sys.argv[1]
    try:
        answer = {"shapes": _run(sys.stdin.buffer.read(), name)}
    except UserError as error:
        answer = {"error": str(error)}
    except (MemoryError, ValueError, RuntimeError) as error:
        answer = {"error": f"{name} cannot be run ({reason_of(error)}); copy or convert it again."}
    print(json.dumps(answer), file=answers, flush=True)
    os._exit(0)  # an interpreter may fall over what it did to its memory


if __name__ == "__main__":
    main()
