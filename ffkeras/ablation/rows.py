"""The rows of an ablation: a network, what is changed in it, and what is claimed of the change. No TensorFlow."""

import dataclasses
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ffkeras.errors import UserError
from ffkeras.evaluation.ap_by_height import band_labels
from ffkeras.files import read_json
from ffkeras.models.config import NETWORKS, NetworkConfig, config_from_json, config_to_json, default_config

ROWS_FILE = Path(__file__).with_name("rows.json")
LOWER, HIGHER = "lower", "higher"
AP = "held-out AP"  # the mean of the data sets' average precisions
MEASURES = (AP, *band_labels())


@dataclass(frozen=True)
class Row:
    """One network of an ablation.

    Args:
        name: of the row and of the folder of its runs: letters, digits, `_` and `-`.
        title: what is different, in words.
        network: `v1`, `v2_ultra` or `nano_b`, where the row starts from a documented network; else empty.
        base: the row whose network this one changes; else empty.
        changes: fields of the network's configuration with their new values, nested ones as objects.
        against: the row that this one is compared with; empty for `base`.
        claim: what the documents say of it, in words; empty where they are silent.
        expects: `lower` or `higher`: how `measure` of this row should then be, next to that of `against`.
        measure: one of `MEASURES`.
        by: how far apart the two should be at least, 0..1; 0 for any distance.
        relative: `by` is a share of what the row compared with has, not of average precision.

    Raises:
        UserError: a value that is not one of these.
    """

    name: str
    title: str
    network: str = ""
    base: str = ""
    changes: dict = dataclasses.field(default_factory=dict)
    against: str = ""
    claim: str = ""
    expects: str = ""
    measure: str = AP
    by: float = 0.0
    relative: bool = False

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name.replace("_", "").replace("-", "").isalnum():
            raise UserError(f"a row is named {self.name!r}; use letters, digits, _ and -.")
        if bool(self.network) == bool(self.base):
            raise UserError(f"row {self.name} should have either a network or another row as its base.")
        if self.network and self.network not in NETWORKS:
            raise UserError(f"row {self.name} is of network {self.network!r}; choose one of {', '.join(NETWORKS)}.")
        if not isinstance(self.changes, dict):
            raise UserError(f"row {self.name} has the changes {self.changes!r:.60}; give an object of fields.")
        for field, choices in (("expects", ("", LOWER, HIGHER)), ("measure", MEASURES)):
            if getattr(self, field) not in choices:
                wanted = ", ".join(filter(None, choices))
                raise UserError(f"row {self.name} has the {field} {getattr(self, field)!r}; choose one of {wanted}.")
        if bool(self.claim) != bool(self.expects):
            raise UserError(f"row {self.name} should have both a claim and what it expects, or neither.")
        if type(self.by) not in (int, float) or not 0 <= self.by <= 1:
            raise UserError(f"row {self.name} has by {self.by!r}; give a number from 0 to 1.")
        if not self.against:
            object.__setattr__(self, "against", self.base)


class Rows:
    """The rows of a table, by name, in its order.

    Args:
        rows: of the table.
        source: the file's name, for error sentences.

    Raises:
        UserError: two rows of one name, a row that is named and not there, rows that are bases of each other, or
            changes that are no configuration.
    """

    def __init__(self, rows: Sequence[Row], source: str = "the table"):
        self._rows = {row.name: row for row in rows}
        self._source = source
        names = [row.name for row in rows]
        if repeated := next((name for name in names if names.count(name) > 1), None):
            raise UserError(f"{source} has two rows {repeated}; rename one.")
        for row in rows:
            for other in filter(None, (row.base, row.against)):
                if other not in self._rows:
                    raise UserError(f"{source}: row {row.name} names a row {other}, which is not there.")
        for name in names:
            self.network(name)

    def __iter__(self):
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, name: str) -> Row:
        return self._rows[name]

    def network(self, name: str) -> NetworkConfig:
        """The configuration of a row's network."""
        line = self._line(name)
        values = config_to_json(default_config(line[0].network))
        for row in line:
            values = merged(values, row.changes)
        return config_from_json(values, f"row {name} of {self._source}")

    def root(self, name: str) -> Row:
        """The row at the end of a row's bases: the documented network of its family."""
        return self._line(name)[0]

    def families(self, names: Sequence[str]) -> dict[str, list[Row]]:
        """Root row's name -> its rows among `names`, in the table's order."""
        families: dict[str, list[Row]] = {}
        for row in self:
            if row.name in names:
                families.setdefault(self.root(row.name).name, []).append(row)
        return families

    def choose(self, names: Sequence[str] | None) -> list[str]:
        """The names in the table's order; all of them for None, or those given and the rows they are compared with.

        Raises:
            UserError: a name that is not there.
        """
        if names is None:
            return list(self._rows)
        for name in names:
            if name not in self._rows:
                raise UserError(f"{self._source} has no row {name!r}; its rows are {', '.join(self._rows)}.")
        wanted = {*names, *(self[name].against for name in names)}
        return [name for name in self._rows if name in wanted]

    def _line(self, name: str) -> list[Row]:
        """A row and its bases, the root first."""
        line = [self[name]]
        while line[0].base:
            line.insert(0, self[line[0].base])
            if len(line) > len(self):
                raise UserError(f"{self._source}: row {name} is a base of itself; change one base.")
        return line


def merged(values: dict, changes: dict) -> dict:
    """`values` with `changes` laid over them, object by object."""
    result = dict(values)
    for key, value in changes.items():
        nested = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if nested else value
    return result


def read_rows(path: str | os.PathLike = ROWS_FILE) -> Rows:
    """Read a table of rows, `{"rows": [{"name": ..., "title": ..., "base": ..., "changes": {...}}, ...]}`.

    Raises:
        UserError: missing, not JSON, or as `Row` and `Rows` say.
    """
    entries = read_json(path).get("rows")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise UserError(f'{path} should hold {{"rows": [...]}} with an object for each row.')
    rows = []
    for entry in entries:
        try:
            rows.append(Row(**entry))
        except TypeError as error:
            raise UserError(f"{path}: {entry!r:.60} is no row: {error}.") from error
    return Rows(rows, Path(path).name)
