"""Reports of several files as one table in Markdown."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from ffkeras.compare.limits import describe_precision_limit
from ffkeras.crosscheck.report import FileReport, RuntimeResult
from ffkeras.crosscheck.text import exactness, size_text
from ffkeras.evaluation import SUBSETS

INT8, FLOAT = "_int8", "_float32"

Accuracy = Mapping[str, Mapping[str, float]]  # file name -> "easy", "medium", "hard" -> AP


def to_markdown(reports: Sequence[FileReport], accuracy: Accuracy, accuracy_images: int | None) -> str:
    """Two tables: a row for each file with its accuracy, and a row for each runtime with its agreement per file.

    Args:
        reports: of the files, in their order.
        accuracy: average precision on the preferred runtime, where known.
        accuracy_images: how many images that was measured on; None where it was not.
    """
    lines = ["| file | size | input | AP easy / medium / hard | int8 against float | TFLite Micro arena |"]
    lines += ["|---|---|---|---|---|---|", *(_file_row(report, accuracy) for report in reports), ""]
    if accuracy_images:
        lines += [f"AP: official protocol on {accuracy_images:,} images of WIDER FACE validation.", ""]
    names = list(dict.fromkeys(result.name for report in reports for result in report.runtimes))
    lines += [f"| runtime | {' | '.join(PurePath(report.file).stem for report in reports)} |"]
    lines += ["|---" * (len(reports) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(_agreement(name, report) for report in reports)} |" for name in names]
    return "\n".join([*lines, "", _legend(reports)]) + "\n"


def _file_row(report: FileReport, accuracy: Accuracy) -> str:
    height, width = report.image_size
    own = accuracy.get(report.file)
    floating = accuracy.get(report.file.replace(INT8, FLOAT)) if INT8 in report.file else None
    figures = " / ".join(f"{own[subset]:.3f}" for subset in SUBSETS) if own else "-"
    against = " / ".join(f"{own[s] - floating[s]:+.4f}" for s in SUBSETS) if own and floating else "-"
    arena = size_text(report.arena) if report.arena else "-"
    size = f"{height}" if height == width else f"{height} x {width}"
    return f"| `{report.file}` | {size_text(report.size)} | {size} | {figures} | {against} | {arena} |"


def _agreement(name: str, report: FileReport) -> str:
    result = next((entry for entry in report.runtimes if entry.name == name), None)
    if result is None:
        return "not here"
    if result.failure:
        return f"cannot run: {result.failure}"
    if result.name == report.reference or result.exact:
        return exactness(result, report) + (" **FAILED**" if result.faults else "")
    return _movement(result, report)


def _movement(result: RuntimeResult, report: FileReport) -> str:
    faces = result.faces
    apart = "; ".join(sorted({_largest(result)}))
    moved = f"{faces.relative_mean:.1%} of the face"
    text = f"{apart}, {faces.lost} lost, {faces.added} added of {faces.faces}, moved {moved}"
    reference = next(entry for entry in report.runtimes if entry.name == report.reference)
    if result.average_precision and reference.average_precision:
        pairs = ((result.average_precision[name], value) for name, value in reference.average_precision.items())
        text += f", AP {max((a - b for a, b in pairs), key=abs):+.4f}"
    return text + (" **FAILED**" if result.faults else "")


def _largest(result: RuntimeResult) -> str:
    worst = max(result.differences, key=lambda entry: entry.largest)
    return f"{worst.largest:.0f} LSB" if worst.in_steps else f"{worst.largest:.1e}"


def _legend(reports: Sequence[FileReport]) -> str:
    sample = max(report.sample for report in reports)
    ap = f", and the AP that differs most of easy, medium and hard on {sample} images" if sample else ""
    limit = f" {describe_precision_limit(sample)}" if sample else ""
    return (
        "`int8 against float`: AP beside that of the `_float32` file of the same name and input size; other input "
        "sizes see other faces. Agreement with the reference on the same images: every bit equal (exact), or the "
        "largest difference of a raw output, faces at the file's threshold, the mean move of a face by its "
        f"size{ap}.{limit}"
    )
