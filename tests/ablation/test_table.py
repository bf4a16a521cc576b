import csv
import math

import pytest

from ffkeras.ablation.costs import COSTS_FILE, LATENCY_FILE, Costs
from ffkeras.ablation.held_out import HeldOut, read_held_out, write_held_out
from ffkeras.ablation.plan import Plan, Run
from ffkeras.ablation.plot import plot_ablation
from ffkeras.ablation.results import gather, mean_and_spread
from ffkeras.ablation.rows import Row, Rows
from ffkeras.ablation.table import to_csv, to_markdown
from ffkeras.evaluation.ap_by_height import band_labels
from ffkeras.files import checksum, read_json, write_bytes, write_json, write_text

ROWS = Rows(
    [
        Row("v2_ultra", "as documented", network="v2_ultra"),
        Row("bare", "no context", base="v2_ultra", changes={"context": False}, claim="+1 %", expects="lower", by=0.01),
        Row("v1", "V1 as documented", network="v1"),
        Row("plain", "no attention", base="v1", changes={"attention": "none"}),
    ]
)
PLAN = Plan(50, 16, ("faces",))
FIGURES = {("v2_ultra", 0): 0.30, ("v2_ultra", 1): 0.31, ("bare", 0): 0.20, ("bare", 1): 0.21}


@pytest.fixture
def folder(tmp_path):
    """An ablation with a trained family, one that is half done and one that is not."""
    for (row, seed), ap in FIGURES.items():
        run = Run(tmp_path, row, seed)
        write_json(run.folder / "training.json", {})
        write_text(run.folder / "epochs.csv", "step,epoch\n50,1\n")
        write_bytes(run.folder / "model.weights.h5", b"weights")
        bands = dict.fromkeys(band_labels(), ap)
        sources = {"wider": ap - 0.1, "maskon": ap + 0.1}
        crc = checksum(run.folder / "model.weights.h5")
        write_held_out(run.folder, HeldOut(crc, (640, 640), sources, bands, dict.fromkeys(bands, 5)))
    write_json(Run(tmp_path, "v1", 0).folder / "training.json", {})  # begun, not finished
    costs = Costs(tmp_path, (64, 64))
    for row in ("v2_ultra", "bare"):
        network = ROWS.network(row)
        entry = {"parameters": 245857, "macs": 4490000, "file_bytes": 388000, "step_ratio": 0.5, "steps_per_second": 4}
        write_json(
            tmp_path / COSTS_FILE,
            {
                **(read_json(tmp_path / COSTS_FILE) if (tmp_path / COSTS_FILE).exists() else {}),
                row: {"of": costs._identity(network), "cost": entry},
            },
        )
    latency = {"ratio": 0.82, "low": 0.81, "high": 0.83, "milliseconds": 4.5, "file": "00000000"}
    machine = {"cpu": "Some CPU", "runtime": "ai-edge-litert 2"}
    write_json(tmp_path / LATENCY_FILE, {"machine": machine, "image_size": [64, 64], "rows": {"bare": latency}})
    return tmp_path


def results(folder):
    return gather(ROWS, folder, PLAN, Costs(folder, (64, 64)))


def test_the_tables_hold_the_figures_of_the_logs(folder):
    text = to_markdown(results(folder), "images/plot.png")
    assert "![held-out AP of every row](images/plot.png)" in text
    assert "2 of 4 rows are trained, each with 800 images" in text
    assert "--data faces --steps 50 --batch-size 16" in text
    assert "| `bare` | no context | 245,857 | 4 M | 388,000 | 0.82 ± 0.01 | 4.00 steps/s (2.00) |" in text
    band = "0.205 ± 0.005"
    assert f"| `bare` | 2 | 0.205 ± 0.005 | 0.105 ± 0.005 | 0.305 ± 0.005 |{f' {band} |' * 4}" in text
    assert "| `bare` | `v2_ultra` | +1 % | held-out AP | -0.100 ± 0.030 | confirmed |" in text
    assert "No row of this family has been trained yet." in text
    assert "| `plain` | `v1` | none | held-out AP | - | not run yet |" in text
    assert "Some CPU" in text


def test_the_csv_has_a_line_for_each_run(folder):
    rows = list(csv.DictReader(to_csv(results(folder)).splitlines()))
    assert [(row["row"], row["seed"]) for row in rows] == [
        *((row, str(seed)) for row, seed in FIGURES),
        ("v1", ""),
        ("plain", ""),
    ]
    assert float(rows[3]["held-out AP"]) == pytest.approx(0.21)
    assert float(rows[3]["AP maskon"]) == pytest.approx(0.31)
    assert rows[3]["verdict"] == "confirmed"
    assert rows[3]["latency_ratio"] == "0.82"
    assert rows[-1]["verdict"] == "not run yet"
    assert rows[-1]["parameters"] == ""


def test_the_plot_is_written_where_there_is_something_to_plot(folder, tmp_path):
    assert plot_ablation(folder / "plot.png", results(folder))
    assert (folder / "plot.png").read_bytes().startswith(b"\x89PNG")
    nothing = gather(ROWS, tmp_path / "empty", None, Costs(tmp_path / "empty", (64, 64)))
    assert not plot_ablation(tmp_path / "none.png", nothing)
    assert "None of the 4 rows has been trained yet." in to_markdown(nothing)


def test_figures_of_other_weights_are_not_taken(folder):
    run = Run(folder, "bare", 0)
    assert read_held_out(run.folder).ap == pytest.approx(0.2)
    write_bytes(run.folder / "model.weights.h5", b"other weights")
    assert read_held_out(run.folder) is None
    assert results(folder).rows[1].runs.keys() == {1}


def test_costs_of_another_network_or_size_are_not_taken(folder):
    costs = Costs(folder, (64, 64))
    assert costs.cost("bare", ROWS.network("bare")).parameters == 245857
    assert costs.cost("bare", ROWS.network("v1")).parameters is None
    assert Costs(folder, (96, 96)).cost("bare", ROWS.network("bare")).parameters is None
    assert Costs(folder, (96, 96)).latency("bare") is None


def test_mean_and_spread():
    assert mean_and_spread([0.1, 0.3, math.nan]) == (pytest.approx(0.2), pytest.approx(0.1))
    assert all(map(math.isnan, mean_and_spread([])))
