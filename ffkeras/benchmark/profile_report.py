"""Where the time of one file goes, as tables and as JSON."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.table import Table

from ffkeras.benchmark.operations import Operation, OperationProfile
from ffkeras.benchmark.parts import assign_parts, layers_in, part_owners
from ffkeras.benchmark.subject import Subject
from ffkeras.errors import UserError
from ffkeras.runtime.metadata import read_metadata

DEAREST = 15  # operations that are listed one by one
NAME_WIDTH = 40  # of a tensor's name in a table
NO_PART = "not known"


@dataclass(frozen=True)
class Group:
    """Operations that are counted together.

    Args:
        name: what they have in common.
        operations: how many.
        milliseconds: of all.
        outside: milliseconds of those that XNNPACK does not take.
        count_outside: how many these are.
    """

    name: str
    operations: int
    milliseconds: float
    outside: float
    count_outside: int


def group(operations: Iterable[Operation], names: Iterable[str]) -> list[Group]:
    """Sums over the operations of the same name, the dearest first."""
    found: dict[str, list[Operation]] = {}
    for operation, name in zip(operations, names, strict=True):
        found.setdefault(name, []).append(operation)
    groups = []
    for name, members in found.items():
        outside = [operation.milliseconds for operation in members if not operation.delegated]
        total = sum(operation.milliseconds for operation in members)
        groups.append(Group(name, len(members), total, sum(outside), len(outside)))
    return sorted(groups, key=lambda entry: -entry.milliseconds)


def operation_parts(subject: Subject, profile: OperationProfile) -> list[str] | None:
    """The network's part of each operation.

    None for files of others, for files without the names of layers (`tools/convert_tflite.py --keep-names` keeps them),
    and without TensorFlow to build the network.
    """
    outputs = [(operation.output, list(operation.inputs)) for operation in profile.operations]
    if subject.peer is not None or not any(layers_in(name) for name, _ in outputs):
        return None
    try:
        owners = part_owners(read_metadata(subject.model, str(subject.path)))
    except (ImportError, UserError):
        return None
    return [part or NO_PART for part in assign_parts(outputs, owners)]


def profile_tables(name: str, profile: OperationProfile, parts: list[str] | None) -> list[Table]:
    """By kind of operation, by part of the network where it is known, and the dearest operations."""
    kinds = group(profile.operations, (operation.kind for operation in profile.operations))
    whole = f"{name}: {profile.whole:.2f} ms, {profile.partitions} runs of operations on XNNPACK"
    tables = [_group_table(whole, "operation", kinds, profile)]
    if parts is not None:
        tables.append(
            _group_table("the same by part of the network", "part", group(profile.operations, parts), profile)
        )
    tables.append(_dearest(profile, parts))
    return tables


def profile_json(profile: OperationProfile, parts: list[str] | None) -> dict:
    """A JSON object of every operation."""
    return {
        "whole_ms": round(profile.whole, 4),
        "between_operations_ms": round(profile.between, 4),
        "xnnpack_partitions": profile.partitions,
        "operations": [
            {
                "index": operation.index,
                "kind": operation.kind,
                "part": parts and parts[operation.index],
                "output": operation.output,
                "output_shape": list(operation.output_shape),
                "xnnpack": operation.delegated,
                "ms": round(operation.milliseconds, 5),
            }
            for operation in profile.operations
        ],
    }


def _group_table(title: str, what: str, groups: list[Group], profile: OperationProfile) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(what, no_wrap=True)
    for heading in ("count", "ms", "share", "not XNNPACK", "ms"):
        table.add_column(heading, justify="right")
    for entry in groups:
        outside = (str(entry.count_outside), f"{entry.outside:.3f}") if entry.count_outside else ("", "")
        share = f"{entry.milliseconds / profile.whole:.1%}"
        table.add_row(entry.name, str(entry.operations), f"{entry.milliseconds:.3f}", share, *outside)
    table.add_section()
    table.add_row("between operations", "", f"{profile.between:.3f}", f"{profile.between / profile.whole:.1%}", "", "")
    return table


def _dearest(profile: OperationProfile, parts: list[str] | None) -> Table:
    table = Table(title=f"the {DEAREST} dearest operations", title_justify="left")
    for heading, justify in (
        ("#", "right"),
        ("operation", "left"),
        ("output", "left"),
        ("ms", "right"),
        ("by", "left"),
    ):
        table.add_column(heading, justify=justify, no_wrap=True)
    table.add_column("part" if parts else "tensor", max_width=NAME_WIDTH, overflow="ellipsis", no_wrap=True)
    for operation in sorted(profile.operations, key=lambda entry: -entry.milliseconds)[:DEAREST]:
        table.add_row(
            str(operation.index),
            operation.kind,
            "x".join(map(str, operation.output_shape[1:])),
            f"{operation.milliseconds:.3f}",
            "XNNPACK" if operation.delegated else "TFLite",
            parts[operation.index] if parts else operation.output,
        )
    return table
