"""A report for the terminal."""

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ffkeras.compare.limits import describe_precision_limit
from ffkeras.crosscheck.report import FileReport, RuntimeResult
from ffkeras.crosscheck.result_cache import kept_note

KILO = 1000


def to_renderable(report: FileReport) -> Group:
    """The table of one file and the sentences below it, for rich's console."""
    parts = [Text(_title(report), style="bold"), _runtimes(report)]
    if report.operations:
        parts += [Text("operations that differ when run alone on the reference's inputs"), _operations(report)]
    if report.sample:
        parts += [Text(describe_precision_limit(report.sample))]
    parts += [Text(f"error: {fault}", style="red") for fault in report.all_faults]
    parts += [Text(_verdict(report))]
    if report.kept_from:
        parts += [Text(kept_note(report.kept_from))]
    return Group(*parts, Text())


def _title(report: FileReport) -> str:
    height, width = report.image_size
    sample = f", AP on {report.sample} of them" if report.sample else ""
    kind = "int8" if report.quantization == "int8" else "float32"
    return f"{report.file}: {report.network} {height} x {width} {kind}, {report.images} images{sample}"


def _runtimes(report: FileReport) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("runtime", "images", "in its family", *_output_names(report), "faces lost / added"):
        table.add_column(heading)
    for heading in ("box moved, px", "landmark moved, px"):
        table.add_column(heading, justify="right")
    if report.sample:
        table.add_column("AP easy / medium / hard", justify="right")
    for result in report.runtimes:
        table.add_row(*_row(report, result), style="red" if result.faults else None)
    return table


def _output_names(report: FileReport) -> list[str]:
    first = next(result for result in report.runtimes if result.differences)
    return [entry.output for entry in first.differences]


def _row(report: FileReport, result: RuntimeResult) -> list[str]:
    name = f"{result.name} {result.version}".strip()
    if result.failure:
        return [name, "-", f"cannot run: {result.failure}"]
    faces = result.faces
    cells = [name, str(result.images), exactness(result, report)]
    cells += [entry.text for entry in result.differences]
    cells += [f"{faces.lost} / {faces.added} of {faces.faces}"]
    cells += [f"{faces.box_mean:.2f}, at most {faces.box_largest:.2f}"]
    cells += [f"{faces.landmark_mean:.2f}, at most {faces.landmark_largest:.2f}"]
    if result.average_precision:
        cells.append(" / ".join(f"{value:.4f}" for value in result.average_precision.values()))
    return cells


def size_text(size: int) -> str:
    """ "415 KB (415,104 bytes)"; a KB is 1000 bytes."""
    return f"{size / KILO:,.0f} KB ({size:,} bytes)"


def exactness(result: RuntimeResult, report: FileReport) -> str:
    """How a runtime stands to its family, in a word or two."""
    if result.name == report.reference:
        return "the reference"
    if result.exact is None:
        return "-"
    return "exact" if result.exact else "NOT EXACT"


def _operations(report: FileReport) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("runtime", "operation", "differ", "largest", "values", "first"):
        table.add_column(heading)
    unit = " LSB" if report.quantization == "int8" else ""
    for entry in report.operations:
        if entry.differing or entry.failed:
            differ = f"{entry.differing} of {entry.count}" + (f", {entry.failed} fail" if entry.failed else "")
            largest, share = f"{entry.largest:.3g}{unit}", f"up to {entry.share:.1%}"
            table.add_row(entry.runtime, entry.operation, differ, largest, share, f"number {entry.first}")
    return table


def _verdict(report: FileReport) -> str:
    arena = size_text(report.arena) if report.arena else report.arena_note
    ran = [result for result in report.runtimes if not result.failure]
    agree = "every limit kept" if not report.all_faults else f"{len(report.all_faults)} limits broken"
    return f"smallest TFLite Micro arena: {arena}. {len(ran)} of {len(report.runtimes)} runtimes ran: {agree}."
