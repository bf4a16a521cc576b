import csv

import pytest

from ffkeras.errors import UserError
from ffkeras.training.log import CsvLog

COLUMNS = ("step", "loss")


def read_rows(path):
    with path.open(newline="") as file:
        return [(int(row["step"]), float(row["loss"])) for row in csv.DictReader(file)]


def test_a_log_that_continues_drops_what_came_after_the_checkpoint(tmp_path):
    path = tmp_path / "steps.csv"
    log = CsvLog(path, COLUMNS, 0)
    for step in (20, 40, 60):
        log.write(step=step, loss=1 / step)
    CsvLog(path, COLUMNS, 45).write(step=60, loss=7)
    assert read_rows(path) == [(20, 1 / 20), (40, 1 / 40), (60, 7)]


def test_a_line_that_a_kill_cut_short_is_dropped(tmp_path):
    path = tmp_path / "steps.csv"
    path.write_text("step,loss\n20,1.5\n4")
    CsvLog(path, COLUMNS, 100)
    assert read_rows(path) == [(20, 1.5)]


def test_a_log_that_cannot_be_written_is_named(tmp_path):
    log = CsvLog(tmp_path / "a" / "steps.csv", COLUMNS, 0)
    log.path.unlink()
    log.path.mkdir()
    with pytest.raises(UserError, match="steps.csv"):
        log.write(step=20, loss=1)
