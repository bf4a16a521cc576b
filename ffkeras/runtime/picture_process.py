"""Reading pictures in a process of its own, so that no file can take down the program that goes through many.

`python -m ffkeras.runtime.picture_process` is that process; `PictureProcess` starts it and talks to it.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
from pathlib import Path

import numpy as np

from ffkeras.errors import UserError
from ffkeras.images import read_image

PATIENCE = 60.0  # seconds for one picture; the largest take a few


class PictureProcess:
    """Reads pictures as `read_image` does. A context; the process begins with the first picture and ends with it."""

    def __init__(self):
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> "PictureProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def read(self, path: str | os.PathLike) -> np.ndarray:
        """The picture of a file, uint8 BGR [H, W, 3].

        Raises:
            UserError: as `read_image`, or the file crashed the decoder or held it up; the next one is read then.
        """
        process = self._started()
        try:
            process.stdin.write(os.fsencode(path).hex().encode() + b"\n")
            process.stdin.flush()
            if not select.select([process.stdout], [], [], PATIENCE)[0]:
                self._end()
                raise UserError(f"{path} takes longer than {PATIENCE:.0f} seconds to read; replace it.")
            answer = json.loads(process.stdout.readline())
            if "error" not in answer:
                image = np.empty(answer["shape"], np.uint8)
                view = memoryview(image).cast("B")
                if process.stdout.readinto(view) != len(view):
                    raise EOFError
        except (OSError, EOFError, ValueError) as error:  # it died: an empty line is no JSON
            self._end()
            raise UserError(f"{path} crashes OpenCV's decoder; replace it.") from error
        except BaseException:  # Ctrl-C in the middle of an answer
            self._end()
            raise
        if "error" in answer:
            raise UserError(answer["error"])
        return image

    def _started(self) -> subprocess.Popen:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                cwd=Path.cwd(),
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                stream.close()
        process.wait()


def main() -> None:
    """A line in is a path in hexadecimal; out come a line of JSON, and the pixels where it holds no error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whatever a library prints is no answer
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin.buffer:
        try:
            image = read_image(os.fsdecode(bytes.fromhex(line.decode())))
            answer = {"shape": image.shape}
        except UserError as error:
            image, answer = None, {"error": str(error)}
        answers.write(json.dumps(answer).encode() + b"\n")
        if image is not None:
            answers.write(memoryview(image).cast("B"))
        answers.flush()


if __name__ == "__main__":
    main()
