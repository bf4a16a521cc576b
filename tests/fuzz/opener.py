"""The process that is attacked: opens the files whose names it reads, and says how each ended."""

import re
import resource
import sys
import time
import traceback
from pathlib import Path

from ffkeras.errors import UserError

KILOBYTES_IN_MEGABYTE = 1024


def open_picture(path: str) -> None:
    """As detection and training do."""
    from ffkeras.images import read_image

    image = read_image(path)
    assert image.ndim == 3 and image.shape[2] == 3 and image.dtype == "uint8" and image.size, image.shape


def open_label(path: str) -> None:
    """As training does, but for looking for the images."""
    import numpy as np

    from ffkeras.data.labels import parse_label_file

    for entry in parse_label_file(path):
        assert np.isfinite(entry.boxes).all() and np.isfinite(entry.landmarks).all(), entry


def open_model(path: str) -> None:
    """As detection does, with one grey picture."""
    import numpy as np

    from ffkeras.runtime import FaceDetector

    FaceDetector(path).detect(np.full((160, 160, 3), 90, np.uint8))


def open_tried_model(path: str) -> None:
    """As the tools do: in a process of its own first."""
    from ffkeras.runtime.trial import try_model

    try_model(path)
    open_model(path)


def open_firmware(path: str) -> None:
    """As `tools/export_c.py` does."""
    import tempfile

    from ffkeras.firmware.c_network import export_c
    from ffkeras.firmware.sound_graph import reading_graph, require_sound_graph
    from ffkeras.runtime import read_model

    require_sound_graph(path)
    with tempfile.TemporaryDirectory() as folder, reading_graph(path):
        export_c(read_model(path), path, Path(folder))


def peak_memory() -> int:
    """Most megabytes that this process has taken."""
    try:
        # not getrusage: what it says begins with the memory of the process that started this one
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        return int(found[1]) // KILOBYTES_IN_MEGABYTE
    except (OSError, TypeError):  # no Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KILOBYTES_IN_MEGABYTE


OPENERS = {
    "picture": open_picture,
    "label": open_label,
    "model": open_model,
    "graph": open_tried_model,
    "firmware": open_firmware,
}


def main() -> None:
    """A line in is a path; a line out: accepted, refused or traceback, and the peak of memory in MB."""
    opener = OPENERS[sys.argv[1]]
    for line in sys.stdin:
        path = line.rstrip("\n")
        start = time.perf_counter()
        try:
            opener(path)
            outcome = "accepted"
        except UserError as error:
            sentence = str(error)
            outcome = (
                "refused"
                if Path(path).name in sentence and "\n" not in sentence and len(sentence) < 1000
                else "traceback"
            )
            if outcome == "traceback":
                print(f"not one sentence about the file: {sentence!r}", file=sys.stderr)
        except BaseException:
            traceback.print_exc()
            outcome = "traceback"
        print(outcome, peak_memory(), round(time.perf_counter() - start, 3), flush=True)


if __name__ == "__main__":
    main()
