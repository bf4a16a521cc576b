"""Decoding videos in a process of their own, so that none can take down the program and what it has found so far.

`python -m ffkeras.runtime.video_process` is that process; `open_video_apart` starts it and reads its frames.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ffkeras.errors import UserError
from ffkeras.runtime.sources import BrokenOffError, Frame, Source, Stream, frame_times, open_video

PATIENCE = 60.0  # seconds for one frame
TIMES = "times"  # asks the process for the times of the frames instead of the frames


@contextlib.contextmanager
def open_video_apart(source: Source) -> Iterator[Stream]:
    """As `open_video`, for files; a video that crashes its decoder ends like one that is broken off.

    Raises:
        UserError: it cannot be read, or crashes the decoder at once; the sentence names it.
    """
    command = [sys.executable, "-m", __name__, os.fsencode(source.location).hex()]
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,  # so that what select sees is all that there is
        start_new_session=True,  # Ctrl-C is for the program, which ends this
    )
    try:
        opened = _read_line(process, source)
        if "error" in opened:
            raise UserError(opened["error"])
        yield Stream(_frames(process, source), opened["rate"], opened["length"])
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def frame_times_apart(path: Path) -> list[float]:
    """As `frame_times`; none where the video crashes its decoder."""
    command = [sys.executable, "-m", __name__, os.fsencode(path).hex(), TIMES]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        done = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=PATIENCE)
        return json.loads(done.stdout)
    return []


def _frames(process: subprocess.Popen, source: Source) -> Iterator[Frame]:
    while True:
        answer = _read_line(process, source)
        if "error" in answer:
            raise BrokenOffError(answer["error"])
        if "name" not in answer:
            return
        image = np.empty(answer["shape"], np.uint8)
        _read_into(process, memoryview(image).cast("B"), source)
        yield Frame(answer["name"], image, answer["seconds"])


def _read_line(process: subprocess.Popen, source: Source) -> dict:
    line = bytearray()
    byte = bytearray(1)
    while not line.endswith(b"\n"):
        _read_into(process, memoryview(byte), source)
        line += byte
    return json.loads(line)


def _read_into(process: subprocess.Popen, view: memoryview, source: Source) -> None:
    while view:
        if not select.select([process.stdout], [], [], PATIENCE)[0]:
            raise BrokenOffError(f"{source.location} takes longer than {PATIENCE:.0f} seconds for a frame; replace it.")
        count = process.stdout.readinto(view)
        if not count:
            raise BrokenOffError(f"{source.location} crashes OpenCV's video decoder; replace it.")
        view = view[count:]


def main() -> None:
    """Decode the video whose path is the argument in hexadecimal; out come lines of JSON, and pixels after names."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whatever a library prints is no answer
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def write(answer: dict | list, image: np.ndarray | None = None) -> None:
        answers.write(json.dumps(answer).encode() + b"\n")
        if image is not None:
            answers.write(memoryview(np.ascontiguousarray(image)).cast("B"))
        answers.flush()

    source = Source(Path(os.fsdecode(bytes.fromhex(sys.argv[1]))), Path("video"))
    if TIMES in sys.argv[2:]:
        write(frame_times(source.location))
        return
    try:
        with open_video(source) as stream:
            write({"rate": stream.rate, "length": stream.length})
            for name, image, seconds in stream.frames:
                write({"name": name, "shape": image.shape, "seconds": seconds}, image)
        write({})
    except UserError as error:
        write({"error": str(error)})
    except BrokenPipeError:  # the program has seen enough
        os._exit(0)


if __name__ == "__main__":
    main()
