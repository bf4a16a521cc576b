"""Time .tflite files, ours and other people's, in turns, stage by stage; or one file operation by operation."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ffkeras.errors import UserError

ROUNDS = 30
PICTURE_SIZE = (512, 512)
WIDTH = 120  # columns of a table that goes into a file or a pipe
INTERRUPTED = 130

EPILOG = """\
In each round every file runs a few times in its turn, of which the fastest run counts: what else the machine does
hits all alike. Ratios are taken round by round. pre: letterbox, quantisation, handing over the input. decode: reading
the outputs, threshold, boxes, landmarks. pre+post: all but invoke, as a share of invoke. /YuNet: invoke against YuNet
int8 of the same input size. MB: what loading the file and one run add at their peak to a fresh process.
"""


def parse_arguments(arguments: list[str] | None = None, program: str | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog=program, description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="ours (default: the released ones)")
    parser.add_argument("--peers", type=Path, metavar="DIR", help="other people's files, to be timed beside ours")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N", help="default: 1 2")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="default: %(default)s")
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="count the processor's time, not the clock's: for a machine that others use; only with --threads 1",
    )
    parser.add_argument("--image", type=Path, metavar="FILE", help="photograph (default: a picture of synthetic faces)")
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="FILE",
        help="time this file operation by operation instead; with --keep-names in converting, by part too",
    )
    parser.add_argument("--accuracy", type=Path, metavar="FILE", help="JSON of easy, medium, hard for each file name")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures as JSON")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="plot accuracy against latency; needs --accuracy")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or min(options.threads) < 1:
        parser.error("--rounds and --threads should be 1 or more")
    if options.cpu_time and options.threads != [1]:
        parser.error("--cpu-time sees one thread only; say --threads 1")
    if options.plot and not options.accuracy:
        parser.error("--plot needs --accuracy, the JSON that tells how good each file is")
    if options.profile and (options.files or options.plot or options.peers):
        parser.error("--profile measures one file alone; leave the others, --peers and --plot out")
    if options.profile and (options.image or options.accuracy):
        parser.error("--profile runs no image and shows no accuracy; leave --image and --accuracy out")
    return options


def list_files(options: argparse.Namespace) -> list[Path]:
    """The files to measure, ours first.

    Raises:
        UserError: a folder that was named has no .tflite file, or there is none at all.
    """
    from ffkeras.runtime.released import released_models

    files = options.files or list(released_models().values())
    peers = sorted(options.peers.glob("*.tflite")) if options.peers else []
    if options.peers and not peers:
        raise UserError(f"{options.peers} holds no .tflite file; name another folder.")
    return list(dict.fromkeys(files + peers))


def clock(options: argparse.Namespace) -> Callable[[], float]:
    """What tells the seconds."""
    return time.thread_time if options.cpu_time else time.perf_counter


def print_all(parts: list) -> None:
    """Print lines and tables; at their full width where nobody's terminal cuts them."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    for part in parts:
        console.print(part, highlight=False)


def profile(options: argparse.Namespace) -> int:
    """Time one file operation by operation, print where the time goes."""
    from ffkeras.benchmark.machine import describe_machine
    from ffkeras.benchmark.operations import profile_operations
    from ffkeras.benchmark.profile_report import operation_parts, profile_json, profile_tables
    from ffkeras.benchmark.subject import read_subject
    from ffkeras.files import write_json

    subject = read_subject(options.profile)
    machine = describe_machine()
    result = profile_operations(subject.model, options.rounds, options.threads[0], clock(options))
    parts = operation_parts(subject, result)
    print_all(profile_tables(subject.name, result, parts))
    if options.json:
        conditions = {"machine": machine, "file": subject.name, "num_threads": options.threads[0]}
        write_json(
            options.json,
            conditions | {"rounds": options.rounds, "cpu_time": options.cpu_time} | profile_json(result, parts),
        )
    return 0


def benchmark(options: argparse.Namespace) -> int:
    """Time all files in turns, print the tables, write what was asked for."""
    from rich.console import Console
    from rich.progress import Progress

    from ffkeras.benchmark import measure, read_subject, summarise
    from ffkeras.benchmark.accuracy import read_accuracies
    from ffkeras.benchmark.machine import describe_machine
    from ffkeras.benchmark.memory import peak_memory
    from ffkeras.benchmark.report import Report
    from ffkeras.data.synthetic import SyntheticFaces
    from ffkeras.files import write_json
    from ffkeras.images import read_image
    from ffkeras.runtime.trial import try_model

    accuracies = read_accuracies(options.accuracy) if options.accuracy else {}
    image = read_image(options.image) if options.image else SyntheticFaces(1, 0, PICTURE_SIZE).load(0)[0]
    subjects = [read_subject(path) for path in list_files(options)]
    for subject in subjects:
        if subject.decodes and not subject.peer:
            try_model(subject.path)
    machine = describe_machine()
    memory = {subject.path: peak_memory(subject.path) for subject in subjects}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("rounds", total=options.rounds)
        step = partial(progress.advance, task)
        series, complete = measure(subjects, options.threads, image, options.rounds, step, clock(options))
    figures = tuple(summarise(series))
    name = options.image.name if options.image else "synthetic faces"
    name += f", {image.shape[0]} x {image.shape[1]}"
    unit = "ms of the processor" if options.cpu_time else "ms"
    report = Report(machine, name, unit, len(series[0].rounds), complete, figures, memory, accuracies)
    print_all([report.conditions, *report.tables(), *report.notes()])
    if options.json and figures:
        write_json(options.json, report.to_json())
    if options.plot and figures:
        from ffkeras.benchmark.plot import plot_accuracy

        plot_accuracy(options.plot, figures, accuracies, unit)
    return 0 if complete else INTERRUPTED


def main(arguments: list[str] | None = None, program: str | None = None, photograph: Path | None = None) -> int:
    """Measure what was asked for.

    Args:
        arguments, program: of the command line.
        photograph: what is detected in, unless --image says otherwise.
    """
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    options = parse_arguments(arguments, program)
    options.image = options.image or photograph
    from ffkeras.files import check_writable

    for output in filter(None, (options.json, options.plot)):
        check_writable(output)
    if options.plot:
        from ffkeras.evaluation.plots import check_plot_suffix

        check_plot_suffix(options.plot)
    return profile(options) if options.profile else benchmark(options)
