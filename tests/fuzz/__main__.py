"""Attack the readers of pictures, labels and models with damaged files, each in a process that may die of it.

    python -m tests.fuzz --seconds 1200 --seed 7

Files that crash a process, hold it up, take too much memory or end in a traceback are kept in --output, and the exit
code is 1. The same seed gives the same files in the same order. C, Java and JavaScript take the same files as Python,
where gcc, a JDK and Node are.
"""

import argparse
import collections
import itertools
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.fuzz.corpus import ROOT, Attack
from tests.fuzz.readers import READERS, TRYING, MissingError, make_reader

PATIENCE = 20.0  # seconds for one file
TRIAL_PATIENCE = 150.0  # where the reader waits for a process of its own, which has its own limit
START_PATIENCE = 60.0  # and for the first one of a process, which imports what it needs
MEGABYTES = 1000  # most that a process may take
FINDINGS = ("crash", "hang", "memory", "traceback")
WIDTH = max(map(len, READERS)) + 1
COLUMNS = ("files", "accepted", "refused", *FINDINGS)


class Opener:
    """The process of a reader and the lines that it says: see `tests.fuzz.readers`."""

    def __init__(self, command: list[str], errors: Path, patience: float = PATIENCE):
        with errors.open("w") as stream:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stream, text=True
            )
        self._lines: queue.Queue[str] = queue.Queue()
        self._patience, self._usual_patience = max(START_PATIENCE, patience), patience
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def open(self, path: Path) -> str:
        """How opening a file ends: accepted, refused, or one of FINDINGS, after which the process is gone."""
        try:
            print(path, file=self._process.stdin, flush=True)
            line = self._lines.get(timeout=self._patience)
        except queue.Empty:
            self.end()
            return "hang"
        except OSError:
            line = ""
        if not line:
            self.end()
            return "crash"
        self._patience = self._usual_patience
        outcome, peak, _ = line.split()
        if int(peak) > MEGABYTES:
            self.end()
            return "memory"
        if outcome == "traceback":
            self.end()
        return outcome

    def end(self) -> None:
        """Stop the process."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


def attack(kind: str, seconds: float, seed: int, output: Path, limit: int | None = None) -> collections.Counter:
    """Attack one of READERS for a time, or with a number of files; returns how often each of COLUMNS came.

    Raises:
        MissingError: a tool is missing that makes the reader.
    """
    counts: collections.Counter = collections.Counter()
    files = Attack(READERS[kind], seed)
    opener = None
    with tempfile.TemporaryDirectory() as folder:
        path, errors = Path(folder, f"{kind}.bin"), Path(folder, "errors.txt")
        command = make_reader(kind, Path(folder))
        end = time.monotonic() + seconds
        for number in itertools.count() if limit is None else range(limit):
            if time.monotonic() > end:
                break
            path.write_bytes(files.next())
            opener = opener or Opener(command, errors, TRIAL_PATIENCE if kind in TRYING else PATIENCE)
            outcome = opener.open(path)
            counts.update(("files", outcome))
            if outcome in FINDINGS:
                opener = None
                output.mkdir(parents=True, exist_ok=True)
                name = f"{kind}_{seed}_{number}_{outcome}"
                (output / f"{name}.bin").write_bytes(path.read_bytes())
                (output / f"{name}.txt").write_bytes(errors.read_bytes())
    if opener:
        opener.end()
    return counts


def main() -> int:
    """Attack each kind for its share of the time, and print the counts."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="in all (default: 60)")
    parser.add_argument("--seed", type=int, default=0, help="(default: 0)")
    parser.add_argument("--kinds", nargs="+", choices=READERS, default=list(READERS), help="of readers (default: all)")
    parser.add_argument("--output", type=Path, default=ROOT / "output" / "fuzz", help="where findings are kept")
    options = parser.parse_args()
    print(" " * WIDTH + "".join(f"{name:>10}" for name in COLUMNS), flush=True)
    found = 0
    for kind in options.kinds:
        try:
            counts = attack(kind, options.seconds / len(options.kinds), options.seed, options.output)
        except MissingError as error:
            print(f"{kind:>{WIDTH}}  not attacked: {error}", flush=True)
            continue
        print(f"{kind:>{WIDTH}}" + "".join(f"{counts[name]:>10}" for name in COLUMNS), flush=True)
        found += sum(counts[name] for name in FINDINGS)
    if found:
        print(f"{found} findings are in {options.output}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
