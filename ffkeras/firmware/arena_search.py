"""A program of its own: the smallest arena of the model on standard input, printed on standard output.

It runs apart because TFLite Micro prints what it lacks, and can end the process at an arena that is far too small. It
imports nothing of ffkeras, so it runs wherever `arena.py` starts it.
"""

import os
import sys

LARGEST = 512 << 20  # bytes; the system gives an arena's memory only where it is written
STEP = 16  # bytes, the alignment of everything inside an arena


def fits(model: bytes, arena_size: int, invoke: bool) -> bool:
    """Whether TFLite Micro allocates `model` in `arena_size` bytes, and runs it if asked to; a child process tries."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            interpreter = Interpreter.from_bytes(model, arena_size=arena_size)
            if invoke:
                interpreter.invoke()
            status = 0
        except RuntimeError:
            pass
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def smallest(model: bytes) -> int | None:
    """The smallest arena in bytes, a multiple of STEP, by bisection; None where no arena is enough."""
    if not fits(model, LARGEST, invoke=False):
        return None
    too_small, enough = 0, LARGEST // STEP
    while enough - too_small > 1:
        middle = (too_small + enough) // 2
        if fits(model, middle * STEP, invoke=False):
            enough = middle
        else:
            too_small = middle
    return enough * STEP if fits(model, enough * STEP, invoke=True) else None


if __name__ == "__main__":
    from tflite_micro.python.tflite_micro.runtime import Interpreter

    found = smallest(sys.stdin.buffer.read())
    if found is None:
        sys.exit(1)
    print(found)
