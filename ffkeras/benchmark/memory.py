"""Peak memory of one file: a fresh process loads it and runs it once. Linux only."""

import json
import subprocess
import sys
from pathlib import Path

from ffkeras.errors import UserError

STATUS = Path("/proc/self/status")
RESET_PEAK = Path("/proc/self/clear_refs"), "5"  # proc(5): the high-water mark starts again from what is in use
TIMEOUT = 120  # seconds


def peak_memory(path: Path) -> int | None:
    """Bytes that loading a .tflite file and running it once adds, at its peak, to a process with the interpreter.

    None where the system does not tell.

    Raises:
        UserError: the process failed, or took longer than TIMEOUT.
    """
    if not STATUS.exists():
        return None
    command = [sys.executable, "-m", "ffkeras.benchmark.memory", str(path.resolve())]
    root = Path(__file__).resolve().parents[2]
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=root, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise UserError(f"{path} did not run once in {TIMEOUT} s; leave it out, or give it a freer machine.") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UserError(f"the memory of {path} cannot be measured ({last}); check the file.")
    return json.loads(done.stdout)


def _measure(path: str) -> int:
    from ffkeras.runtime.interpreter import preferred_interpreter_class

    make = preferred_interpreter_class()
    RESET_PEAK[0].write_text(RESET_PEAK[1])
    before = _kilobytes("VmHWM")
    interpreter = make(model_path=path, num_threads=1)
    interpreter.allocate_tensors()
    for details in interpreter.get_input_details():
        interpreter.tensor(details["index"])()[:] = 0
    interpreter.invoke()
    return 1024 * (_kilobytes("VmHWM") - before)


def _kilobytes(field: str) -> int:
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith(field + ":"))
    return int(line.split()[1])


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1])))
