"""The figures of one benchmark, as tables and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from ffkeras.benchmark.accuracy import Accuracy
from ffkeras.benchmark.stopwatch import STAGES
from ffkeras.benchmark.summary import Figures, Spread

MEGABYTE = 1 << 20
NAME_WIDTH = 24  # of the file's, beyond which it is folded


@dataclass(frozen=True)
class Report:
    """What one benchmark found.

    Args:
        machine: see `describe_machine`.
        image: name and size of the photograph.
        unit: of the times: milliseconds of the clock, or of the processor.
        rounds: that were completed.
        complete: all rounds that were asked for were done.
        figures: of every file and number of threads.
        memory: path of a file -> bytes at the peak; None where it is not known.
        accuracies: file name -> average precision.
    """

    machine: Mapping
    image: str
    unit: str
    rounds: int
    complete: bool
    figures: tuple[Figures, ...]
    memory: Mapping[Path, int | None]
    accuracies: Mapping[str, Accuracy]

    @property
    def conditions(self) -> str:
        """What was measured on, in a few lines."""
        machine = self.machine
        rounds = f"{self.rounds} rounds" if self.complete else f"{self.rounds} rounds, interrupted"
        return (
            f"{machine['cpu']}, {machine['cores']} cores of {machine['architecture']}, load {machine['load']} before\n"
            f"{machine['runtime']}, Python {machine['python']}\n"
            f"{self.image}, {rounds} in turns; {self.unit}, median ± half the interquartile range"
        )

    def tables(self) -> list[Table]:
        """One table for each number of threads."""
        return [self._table(count) for count in dict.fromkeys(entry.num_threads for entry in self.figures)]

    def notes(self) -> list[str]:
        """What a reader must know about single rows."""
        unread = [entry.name for entry in self.figures if not entry.decodes]
        return [f"{name}: of no known kind, so its outputs are not decoded" for name in dict.fromkeys(unread)]

    def to_json(self) -> dict:
        """The same figures as a JSON object."""
        entries = []
        for entry in self.figures:
            accuracy = self.accuracies.get(entry.name)
            extra = {
                "peak_memory_bytes": self.memory.get(entry.path),
                "average_precision": accuracy and accuracy.to_json(),
            }
            entries.append(entry.to_json() | extra)
        return {
            "machine": dict(self.machine),
            "image": self.image,
            "unit": self.unit,
            "rounds": self.rounds,
            "complete": self.complete,
            "results": entries,
        }

    def _table(self, num_threads: int) -> Table:
        title = f"{num_threads} thread{'s' if num_threads > 1 else ''}"
        table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        table.add_column("file", overflow="fold", min_width=NAME_WIDTH)
        headings = ("load", "pre", "invoke", "decode", "NMS", "total", "pre+post", "/YuNet", "MB")
        for heading in headings:
            table.add_column(heading, justify="right", no_wrap=True)
        for entry in self.figures:
            if entry.num_threads == num_threads:
                table.add_row(*self._row(entry))
        return table

    def _row(self, entry: Figures) -> list[str]:
        stages = entry.stages
        decoding = [f"{stages[stage].median:.2f}" if entry.decodes else "-" for stage in STAGES[2:]]
        ratio = entry.invoke_ratio
        memory = self.memory.get(entry.path)
        return [
            self._label(entry),
            f"{entry.load.median:.1f}",
            f"{stages['preprocess'].median:.2f}",
            _with_scatter(stages["invoke"]),
            *decoding,
            f"{stages['total'].median:.2f}",
            f"{entry.share.median:.0%}" if entry.decodes else "-",
            "-" if ratio is None else _with_scatter(ratio),
            "-" if memory is None else f"{memory / MEGABYTE:.1f}",
        ]

    def _label(self, entry: Figures) -> str:
        """The file's name; its whole path where two files share the name."""
        paths = {other.path for other in self.figures if other.name == entry.name}
        return (str(entry.path) if len(paths) > 1 else entry.name).removesuffix(".tflite")


def _with_scatter(spread: Spread) -> str:
    return f"{spread.median:.2f}±{spread.width / 2:.2f}"
