"""Look over data sets before training: what they are, everything that is wrong with them, and a sheet of pictures."""

import argparse
from pathlib import Path

from ffkeras.errors import UserError

EPILOG = """\
FOLDER holds pictures labelled as WIDER FACE, label.txt, YOLO text, COCO JSON, Pascal VOC XML or CSV, or folders of
these; docs/own-data.md shows each. The exit status is 1 where something is wrong. The sheet shows thirty pictures with
their labels: boxes in green, ignored ones in grey, landmarks from the left eye (blue) to the right corner of the mouth
(pink).
"""
SHOWN = 20  # places of each problem


def parse_arguments(arguments: list[str] | None, program: str | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog=program, description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    check = actions.add_parser(
        "check", description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    check.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="a data set, or a folder of some")
    check.add_argument(
        "--sheet", type=Path, metavar="FILE", help="where the sheet goes (default: output/NAME_labels.jpg)"
    )
    check.add_argument("--no-sheet", action="store_true", help="draw none")
    check.add_argument("--all", action="store_true", help=f"name every place, not only {SHOWN} of each problem")
    options = parser.parse_args(arguments)
    if options.sheet and options.no_sheet:
        parser.error("--sheet and --no-sheet contradict each other")
    return options


def main(arguments: list[str] | None = None, program: str | None = None) -> int:
    """Check every data set; 1 where one has something wrong."""
    options = parse_arguments(arguments, program)
    from ffkeras.commands.detect import progress_bar
    from ffkeras.data.check import check_set
    from ffkeras.data.dataset import read_sets
    from ffkeras.files import check_writable

    sheets = {} if options.no_sheet else sheet_paths(options.folders, options.sheet)
    for path in sheets.values():
        check_writable(path)
    wrong = False
    for folder in options.folders:
        for data in read_sets([folder]):
            with progress_bar() as step:

                def progress(images, step=step):
                    for image in images:
                        yield image
                        step(len(images))

                checked = check_set(data, progress)
            wrong |= report(checked, None if options.all else SHOWN)
            if folder in sheets and checked.images:
                draw(checked, sheets[folder], several=data.folder != folder)
    return 1 if wrong else 0


def sheet_paths(folders: list[Path], chosen: Path | None) -> dict[Path, Path]:
    """The sheet of each folder. Raises UserError where one file should take several."""
    if chosen and len(folders) > 1:
        raise UserError(f"--sheet {chosen} takes one folder's pictures; name one, or leave --sheet out.")
    return {folder: chosen or Path("output") / f"{folder.resolve().name}_labels.jpg" for folder in folders}


def report(checked, shown: int | None) -> bool:
    """Print what a data set is and what is wrong, and how to go on; whether something is wrong."""
    from ffkeras.data.check import INPUT, band_counts
    from ffkeras.data.findings import Effect, to_text

    print(checked.summary())
    print(f"  faces by height, with the picture's longer side at {INPUT} pixels:")
    print("  " + ", ".join(f"{label}: {count:,}" for label, count in band_counts(checked.heights())))
    text = to_text(checked.findings, shown or len(checked.findings))
    if text:
        print("\n".join(f"  {line}" for line in text.splitlines()))
    wrong = any(finding.problem.effect != Effect.NOTE for finding in checked.findings)
    if checked.stops:
        print("next: mend the labels as said above, and check again.")
    else:
        print(("nothing is wrong. " if not wrong else "the rest can be used as it is. ") + next_step(checked))
    return wrong


def next_step(checked) -> str:
    """How to go on with a set that can be used."""
    return (
        f"next: look at the sheet; then docs/own-data.md, or at once\n"
        f"  tools/train.py --from tflite/models/nano_b_fast --data {checked.folder} --epochs 5 --learning-rate 3e-4 "
        "--warmup-steps 20 --frozen-norm-share 1 --average-decay 0.98 --output runs/own"
    )


def draw(checked, path: Path, several: bool) -> None:
    """Write the sheet, and say where it is; sets of one folder have their names in the file's."""
    from ffkeras.data.sheet import choose, draw_sheet
    from ffkeras.files import write_bytes
    from ffkeras.runtime.sinks import encode

    if several:
        path = path.with_stem(f"{path.stem}_{checked.folder.name}")
    chosen = choose(checked.images)
    write_bytes(path, encode(path, draw_sheet(chosen)))
    print(f"{len(chosen)} labelled pictures: {path}")
