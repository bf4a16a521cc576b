"""Several workers on this machine: started, watched, and started again when one of them was killed."""

import contextlib
import json
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import ffkeras
from ffkeras.errors import UserError
from ffkeras.training.interrupt import StopRequest, stop_requests

TF_CONFIG = "TF_CONFIG"
PIPE = "FFKERAS_LAUNCHER"  # number of a pipe that ends with the launcher
LOOK_EVERY = 0.2  # seconds
GRACE = 60.0  # seconds for the others, after the first has stopped
RESTARTS = 10  # of killed workers, in a row without a minute's rest
REST = 60.0  # seconds


def core_count() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def train_command(arguments: list[str]) -> list[str]:
    """A command that trains with these arguments, in a process that `with_package` gives its environment."""
    return [sys.executable, "-m", "ffkeras", "train", *arguments]


def with_package(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment in which Python finds this package, installed or not."""
    root = str(Path(ffkeras.__file__).resolve().parents[1])
    paths = [root, *filter(None, [environment.get("PYTHONPATH")])]
    return {**environment, "PYTHONPATH": os.pathsep.join(paths)}


def start_again(arguments: list[str]) -> NoReturn:
    """Become a new process that trains with these arguments; what is joined to others cannot be joined anew."""
    sys.stdout.flush()
    os.execve(sys.executable, train_command(arguments), with_package(os.environ))


def run_workers(count: int, command: list[str], resumed: list[str], started: Callable[[], bool]) -> int:
    """Run a command in `count` processes that TF_CONFIG joins; returns the exit code of the first that fails, or 0.

    A worker that was killed is started again, by `resumed` if `started()`. Ctrl-C and SIGTERM are passed on.

    Args:
        count: of workers.
        command: starts a worker.
        resumed: starts one that goes on with the run.
        started: whether there is a run to go on with.

    Raises:
        UserError: workers are killed again and again.
        KeyboardInterrupt: after the workers have stopped, because they were told to.
    """
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(count)]
    reader, writer = os.pipe()
    workers: dict[int, subprocess.Popen] = {}

    def start(index: int, line: list[str]) -> None:
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = {**with_package(os.environ), TF_CONFIG: json.dumps(task), PIPE: str(reader)}
        # In a session of its own: Ctrl-C reaches the launcher, which passes it on once.
        workers[index] = subprocess.Popen(line, env=environment, pass_fds=(reader,), start_new_session=True)

    try:
        with stop_requests() as stop:
            for index in range(count):
                start(index, command)
            return _watch(workers, start, lambda: resumed if started() else command, stop)
    finally:
        os.close(writer)
        os.close(reader)
        for worker in workers.values():
            if worker.poll() is None:
                worker.kill()
            worker.wait()


def _watch(workers: dict[int, subprocess.Popen], start: Callable, line: Callable, stop: StopRequest) -> int:
    told, restarts, last, since = False, 0, 0.0, math.inf
    while True:
        if stop.asked and not told:
            told = True
            for worker in workers.values():
                worker.send_signal(signal.SIGTERM)
        codes = {index: worker.poll() for index, worker in workers.items()}
        if told and any(code is not None for code in codes.values()):
            since = min(since, time.monotonic())
            if time.monotonic() > since + GRACE:  # one was told before it could stop with the others, who wait for it
                raise KeyboardInterrupt
        if all(code is not None for code in codes.values()) and (told or not any(codes.values())):
            if told:
                raise KeyboardInterrupt
            return 0
        failed = next((code for code in codes.values() if code is not None and code > 0), None)
        if failed is not None and not told:
            return failed
        for index, code in codes.items():
            if code is not None and code < 0 and not told:
                restarts = restarts + 1 if time.monotonic() < last + REST else 1
                last = time.monotonic()
                if restarts > RESTARTS:
                    raise UserError("workers are killed again and again; is there too little memory for all of them?")
                name = signal.Signals(-code).name
                print(f"worker {index} was ended by {name}; it starts again", file=sys.stderr, flush=True)
                start(index, line())
        time.sleep(LOOK_EVERY)


def end_with_launcher() -> None:
    """In a worker: be stopped, as by SIGTERM, when the launcher is gone, however it went."""
    number = os.environ.get(PIPE)
    if number is None:
        return

    def wait() -> None:
        with contextlib.suppress(OSError):
            os.read(int(number), 1)
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def _free_ports(count: int) -> list[int]:
    """Ports that nothing listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
