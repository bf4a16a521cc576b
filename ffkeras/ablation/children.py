"""Commands run side by side as child processes, with logs, and stopped in order."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ffkeras.files import check_writable
from ffkeras.training.interrupt import stop_requests
from ffkeras.training.lock import try_lock

LOG_FILE, LOCK_FILE = "output.txt", "lock"
SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_TO_STOP = 300.0  # a validation may have to end and a checkpoint be written
# One thread each: several runs side by side, each as fast as a core allows. A GPU is shared, not taken whole.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "TF_FORCE_GPU_ALLOW_GROWTH": "true", "PYTHONUNBUFFERED": "1", "COLUMNS": "120"}


@dataclass(frozen=True)
class Job:
    """Commands that follow one another, each only if the one before has ended well.

    Args:
        name: for messages.
        folder: where its log, `output.txt`, is written; no second process works in it at the same time.
        commands: called for the next command, until it gives None; so that each can be made from what is there.
    """

    name: str
    folder: Path
    commands: Callable[[], Sequence[str] | None]


@dataclass(frozen=True)
class Ended:
    """What became of a job.

    Args:
        job: the job.
        code: exit code of its last command; None where another process works in its folder.
        last_line: of its log, where it failed.
    """

    job: Job
    code: int | None
    last_line: str = ""


def run_jobs(jobs: Sequence[Job], parallel: int, environment: Mapping[str, str]) -> Iterator[Ended]:
    """Run jobs, so many at a time, and give each when it has ended.

    Each child has a session of its own, so that Ctrl-C reaches this process alone, which passes SIGTERM on and waits:
    training leaves its checkpoint. They are stopped in the same way where the iteration is left.

    Args:
        jobs: in the order in which they are started.
        parallel: how many at a time, at least 1.
        environment: variables of the children, besides ours.

    Raises:
        KeyboardInterrupt: after Ctrl-C or SIGTERM, when the children have ended.
        UserError: a folder that cannot be written.
    """
    waiting, running = list(jobs), {}
    with stop_requests() as stop:
        try:
            while (waiting or running) and not stop.asked:
                while waiting and len(running) < parallel:
                    job = waiting.pop(0)
                    child = _Child(job, environment)
                    if not child.is_ours:
                        yield Ended(job, None)
                    elif child.start_next():
                        running[job.name] = child
                    else:
                        child.close()
                        yield Ended(job, 0)
                time.sleep(SECONDS_BETWEEN_LOOKS)
                for name, child in list(running.items()):
                    code = child.process.poll()
                    if code is None or (code == 0 and child.start_next()):
                        continue
                    del running[name]
                    child.close()
                    yield Ended(child.job, code, "" if code == 0 else child.last_line())
            if stop.asked:
                raise KeyboardInterrupt
        finally:
            _stop(list(running.values()))


class _Child:
    """A job's present process, its log and the lock on its folder, which the process holds too."""

    def __init__(self, job: Job, environment: Mapping[str, str]):
        self.job = job
        self._environment = {**os.environ, **ENVIRONMENT, **environment}
        check_writable(job.folder / LOG_FILE)
        job.folder.mkdir(parents=True, exist_ok=True)
        self._lock: IO = (job.folder / LOCK_FILE).open("w")
        self._log: IO | None = None
        self.process: subprocess.Popen | None = None
        # A child that outlives us still holds the lock, so that nobody else trains in its folder. The folder itself is
        # the child's to lock.
        self.is_ours = try_lock(self._lock.fileno())
        if self.is_ours:
            self._log = (job.folder / LOG_FILE).open("a")
        else:
            self._lock.close()

    def start_next(self) -> bool:
        """Start the next command; false where there is none."""
        command = self.job.commands()
        if command is None:
            return False
        self.process = subprocess.Popen(
            list(map(str, command)),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(self._lock.fileno(),),
        )
        return True

    def last_line(self) -> str:
        """What the log ends with."""
        lines = (self.job.folder / LOG_FILE).read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def close(self) -> None:
        """Give up the log and the lock."""
        for file in (self._log, self._lock):
            if file is not None:
                file.close()


def _stop(children: Sequence[_Child]) -> None:
    """End what still runs; what does not end in time is killed, and goes on later from its newest checkpoint."""
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            child.process.send_signal(signal.SIGTERM)
    end = time.monotonic() + SECONDS_TO_STOP
    for child in children:
        try:
            child.process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        child.close()
