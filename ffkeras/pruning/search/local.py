"""A chief and workers on one machine, as processes that start the same command."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from ffkeras.errors import UserError

CHIEF = "chief"
RESTARTS = 5  # of one worker, after it was killed; a fault that kills it every time must end
SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_TO_STOP = 60.0  # a checkpoint may have to be written
LOCALHOST = "127.0.0.1"


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as listener:
        listener.bind((LOCALHOST, 0))
        return listener.getsockname()[1]


def shares(cores: Sequence[int], count: int) -> list[list[int]]:
    """Divide cores between processes; where there are fewer cores than processes, these share."""
    if len(cores) < count:
        return [[cores[index % len(cores)]] for index in range(count)]
    return [list(cores[index::count]) for index in range(count)]


class LocalSearch:
    """Starts a chief and its workers, prints what they say, and starts workers anew that were killed.

    Each process has a session of its own, so that Ctrl-C reaches this one alone, which then stops them in order.

    Args:
        command: the program and its arguments, the same for all.
        workers: how many.
    """

    def __init__(self, command: Sequence[str | Path], workers: int):
        self._command = [str(part) for part in command]
        self._address = {"KERASTUNER_ORACLE_IP": LOCALHOST, "KERASTUNER_ORACLE_PORT": str(free_port())}
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        names = [f"worker-{index}" for index in range(workers)]
        self._cores = dict(zip(names, shares(cores, workers), strict=True)) if cores else {}
        self._restarts = dict.fromkeys(names, 0)
        self._processes: dict[str, subprocess.Popen] = {}

    def run(self) -> int:
        """Run to the end. Returns the chief's exit code, or the last worker's where none is left.

        Raises:
            UserError: a worker was killed again and again.
            KeyboardInterrupt: the user has asked to stop; the processes have ended.
        """
        try:
            self._start(CHIEF)
            for name in self._restarts:
                self._start(name)
            return self._watch()
        finally:
            self._stop()

    def _watch(self) -> int:
        chief = self._processes[CHIEF]
        while chief.poll() is None:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            codes = {name: self._processes[name].poll() for name in self._restarts}
            for name, code in codes.items():
                if code is not None and code < 0:
                    self._restart(name, -code)
            failed = [code for code in codes.values() if code]
            if len(failed) == len(codes) and min(failed) > 0:
                return failed[-1]  # each has said why; the chief would wait for ever
        return chief.returncode

    def _restart(self, name: str, number: int) -> None:
        self._restarts[name] += 1
        if self._restarts[name] > RESTARTS:
            raise UserError(f"{name} was killed {RESTARTS + 1} times; look at its memory, and search with --resume.")
        print(f"{name}: killed by {signal.Signals(number).name}; it is started anew, and tries its trial again")
        self._start(name)

    def _start(self, name: str) -> None:
        cores = self._cores.get(name)
        process = subprocess.Popen(
            self._command,
            env={**os.environ, **self._address, "KERASTUNER_TUNER_ID": name, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None,
        )
        self._processes[name] = process
        print(f"{name}: process {process.pid}{f', cores {cores}' if cores else ''}", flush=True)
        threading.Thread(target=_print_lines, args=(name, process), daemon=True).start()

    def _stop(self) -> None:
        """End what still runs, the chief last, for workers wait for its answers; who does not end in time is killed."""
        for name in reversed(self._processes):
            process = self._processes[name]
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        end = time.monotonic() + SECONDS_TO_STOP
        for process in self._processes.values():
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def _print_lines(name: str, process: subprocess.Popen) -> None:
    for line in process.stdout:
        print(f"{name}: {line}", end="", flush=True)
    sys.stdout.flush()
