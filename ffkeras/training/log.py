"""A run's CSV logs: they survive a kill, and continue without repeating a line."""

import csv
from pathlib import Path

from ffkeras.errors import UserError
from ffkeras.files import atomic_path


class CsvLog:
    """Rows under a header, one file; the column `step` says when.

    Args:
        path: of the file; it is made with the first row.
        columns: names of the columns, `step` among them.
        last_step: rows of later steps are dropped: a run that continues from a checkpoint writes them again.
    """

    def __init__(self, path: Path, columns: tuple[str, ...], last_step: int):
        self.path, self.columns = path, columns
        rows = [row for row in self.read_rows(path) if int(row["step"]) <= last_step]
        with atomic_path(path) as temporary, temporary.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)

    @staticmethod
    def read_rows(path: Path) -> list[dict[str, str]]:
        """The rows of a log, none where it is not there; a last line that a kill cut short is left out."""
        if not path.exists():
            return []
        with path.open(newline="") as file:
            return [row for row in csv.DictReader(file) if None not in row.values() and row.get("step", "").isdigit()]

    def write(self, **values: float | str) -> None:
        """Add a row. Raises UserError where the disk is full."""
        try:
            with self.path.open("a", newline="") as file:
                csv.DictWriter(file, self.columns).writerow(values)
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}; free some space and resume.") from error
