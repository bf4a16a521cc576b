"""Prove that .tflite files give the same answer on every runtime that is here.

Runs photographs through TensorFlow, LiteRT, tflite-runtime and TFLite Micro, each in a process of its own, and compares
raw outputs, faces and average precision with the reference kernels.
"""

import argparse
from pathlib import Path

from ffkeras.errors import UserError
from ffkeras.files import check_writable, write_json, write_text

DEFAULT_SAMPLE, DEFAULT_EMULATED = 40, 2
OUTPUT = Path("output")

EPILOG = """\
Runtimes with reference kernels (TFLite Micro too) must agree in every bit, and so must TFLite's own optimised kernels.
Across these families an int8 operation may round differently by 1 LSB; faces well above the threshold must stay,
boxes and landmarks move by less than 5 % of the face on average, and AP by less than 0.002 on all of WIDER FACE
validation, more on a sample as 1 / sqrt(images). Exit code 1 where a limit is broken.
A runtime that lacks an operation is named; that alone does not fail the file.

tflite/rpi/emulate.sh adds tflite-runtime and LiteRT for ARM under qemu, as on a Raspberry Pi. Results are kept,
so that a command that was interrupted or repeated does not pay twice.
"""


def parse_arguments(
    arguments: list[str] | None = None, program: str | None = None, output: Path = OUTPUT
) -> argparse.Namespace:
    """Read the command line; mistakes end here, before anything slow is imported."""
    parser = argparse.ArgumentParser(
        prog=program, description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help=".tflite files with an ffkeras record")
    parser.add_argument("--images", nargs="+", default=[], metavar="PATH", help="more images and folders of them")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the root of WIDER FACE, for average precision")
    parser.add_argument(
        "--sample",
        type=int,
        metavar="N",
        help=f"validation images that every runtime runs, with --data (default: {DEFAULT_SAMPLE})",
    )
    parser.add_argument("--operations", action="store_true", help="also run every operation alone on every runtime")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument("--table", type=Path, metavar="FILE", help="write one table of all files (.md or .json)")
    parser.add_argument(
        "--table-images",
        type=int,
        metavar="N",
        help="validation images for the table's accuracy on the preferred runtime, with --data (default: 0, all)",
    )
    parser.add_argument(
        "--arm-python",
        type=Path,
        default=output / "rpi" / "python",
        metavar="FILE",
        help="a command that runs Python for aarch64 (default: what tflite/rpi/emulate.sh leaves)",
    )
    parser.add_argument(
        "--emulated-images",
        type=int,
        default=DEFAULT_EMULATED,
        metavar="N",
        help=f"images that emulated runtimes run, seconds each (default: {DEFAULT_EMULATED})",
    )
    parser.add_argument(
        "--ledger",
        dest="result_cache",
        type=Path,
        default=output / "validation.json",
        metavar="FILE",
        help="where results are kept by the files' content (default: output/validation.json)",
    )
    parser.add_argument(
        "--keep-inputs",
        type=Path,
        metavar="DIR",
        help="write what each file is given and what the reference gives, to compare a device (tflite/rpi/README.md)",
    )
    parser.add_argument("--fresh", action="store_true", help="measure again what the cache of results holds")
    options = parser.parse_args(arguments)
    if options.sample is not None and not options.data:
        parser.error("--sample takes validation images of --data, which is not given")
    if options.table_images is not None and not (options.data and options.table):
        parser.error("--table-images has a meaning with --data and --table only")
    options.sample = DEFAULT_SAMPLE if options.sample is None else options.sample
    options.table_images = options.table_images or 0
    for name, least in (("sample", 1), ("table_images", 0), ("emulated_images", 1)):
        value = getattr(options, name)
        if value < least:
            parser.error(f"--{name.replace('_', '-')} is {value}, but should be {least} or more")
    if options.table and options.table.suffix not in (".md", ".json"):
        parser.error(f"--table is {options.table}, but should end in .md or .json")
    names = [file.name for file in options.files]
    if repeated := next((name for name in names if names.count(name) > 1), None):
        parser.error(f"{repeated} is named twice; files are told apart by their names")
    return options


def main(
    arguments: list[str] | None = None,
    program: str | None = None,
    photographs: Path | None = None,
    output: Path = OUTPUT,
) -> int:
    """Check every file, print and write the reports; 1 where one of them fails.

    Args:
        arguments, program: of the command line.
        photographs: a folder of pictures that every runtime is given, besides those of the command line.
        output: the folder of what is kept from one call to the next.

    Raises:
        UserError: no picture to compare on, or a file that cannot be read or written.
    """
    options = parse_arguments(arguments, program, output)
    if not (photographs or options.images or options.data):
        raise UserError(
            "there is no picture to compare runtimes on; name some with --images, or WIDER FACE with --data."
        )
    kept_inputs = options.keep_inputs and options.keep_inputs / "inputs.npy"
    for output in filter(None, (options.json, options.table, options.result_cache, kept_inputs)):
        check_writable(output)
    from rich.console import Console

    from ffkeras.crosscheck.accuracy import measure_accuracy
    from ffkeras.crosscheck.device_inputs import write_device_inputs
    from ffkeras.crosscheck.result_cache import ResultCache, kept_note
    from ffkeras.crosscheck.session import check_files, read_settings
    from ffkeras.crosscheck.text import to_renderable
    from ffkeras.runtime.trial import try_model

    for file in options.files:
        try_model(file)
    result_cache = ResultCache(options.result_cache)
    settings = read_settings(
        [*([photographs] if photographs else []), *options.images],
        data=options.data,
        sample=options.sample,
        emulated_images=options.emulated_images,
        operations=options.operations,
        arm_python=options.arm_python,
    )
    if options.keep_inputs:
        for file in options.files:
            for path in write_device_inputs(file, settings, options.keep_inputs):
                print(f"wrote {path}")
    console, reports = Console(width=max(Console().width, 200)), []
    for report in check_files(options.files, settings, result_cache, fresh=options.fresh):
        console.print(to_renderable(report))
        reports.append(report)
    accuracy = {}
    if options.table and options.data:
        for file in options.files:
            found = measure_accuracy(file, options.data, options.table_images, result_cache, fresh=options.fresh)
            accuracy[file.name] = found
            if "kept_from" in found:
                print(f"AP of {file.name} for the table: {kept_note(found['kept_from'])}")
    write_outputs(options, reports, accuracy)
    return int(any(report.all_faults for report in reports))


def write_outputs(options: argparse.Namespace, reports: list, accuracy: dict) -> None:
    """Write what was asked for."""
    from ffkeras.crosscheck.markdown import to_markdown

    everything = {"files": [report.to_json() for report in reports], "accuracy": accuracy}
    if options.json:
        write_json(options.json, everything)
    if options.table and options.table.suffix == ".json":
        write_json(options.table, everything)
    elif options.table:
        precision = {name: entry["average_precision"] for name, entry in accuracy.items()}
        images = next((entry["images"] for entry in accuracy.values()), None)
        write_text(options.table, to_markdown(reports, precision, images))
