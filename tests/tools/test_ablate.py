import csv
import subprocess
import sys
from pathlib import Path

import pytest

from ffkeras.files import write_json
from tests.tool import call_tool

ROOT = Path(__file__).resolve().parents[2]
OFF = dict.fromkeys(("backbone_attention", "pyramid_attention", "context", "dynamic_weight_sharing"), False)
OFF |= dict.fromkeys(("smart_feature_reuse", "attention_multiplication"), False)
OFF |= dict.fromkeys(("progressive_enhancement", "multi_scale_intelligence"), False)
ROWS = [
    {"name": "bare", "title": "bare", "network": "v2_ultra", "changes": {"pyramid_layers": 1, **OFF}},
    {"name": "wide", "title": "wide", "base": "bare", "changes": {"pyramid_channels": 48}},
]
PATIENCE = 1200  # seconds


def run(*arguments):
    command = [sys.executable, str(ROOT / "tools" / "ablate.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


@pytest.mark.slow
def test_two_rows_from_nothing_to_the_table(tmp_path):
    write_json(tmp_path / "rows.json", {"rows": ROWS})
    written = {kind: tmp_path / f"out.{kind}" for kind in ("md", "csv", "png")}
    outputs = ["--markdown", written["md"], "--csv", written["csv"], "--plot", written["png"]]
    common = ["--output", tmp_path / "ablation", "--rows", tmp_path / "rows.json", "--seeds", 0, "--cost-size", 64]
    training = ["--", "--synthetic-count", 8, "--image-size", 64, "--validation-size", 64]
    first = run(*common, *outputs, "--images", 10, "--batch-size", 4, *training)
    assert first.returncode == 0, first.stderr
    assert all(path.exists() for path in written.values())
    with written["csv"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["row"], row["seed"]) for row in rows] == [("bare", "0"), ("wide", "0")]
    assert all(float(row[name]) > 0 for row in rows for name in ("parameters", "file_bytes", "latency_ratio"))
    log = tmp_path / "ablation" / "runs" / "wide" / "seed_0" / "validation.csv"
    with log.open(newline="") as file:
        last = max(float(row["ap"]) for row in csv.DictReader(file))
    assert float(rows[1]["held-out AP"]) == pytest.approx(last, abs=1e-5)

    before = log.stat().st_mtime_ns
    again = run(*common, *outputs)
    assert again.returncode == 0, again.stderr
    assert "2 of 2 runs are done" in again.stdout
    assert log.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say with --output"),
        (["--output", "x"], "with --images or --steps"),
        (["--output", "x", "--steps", "0"], "--steps is 0"),
        (["--output", "x", "--steps", "9", "--parallel", "0"], "--parallel is 0"),
        (["--output", "x", "--steps", "9", "--", "--seed", "1"], "--seed differs from run to run"),
        (["--only", "gone", "--list"], "has no row 'gone'"),
        (["--output", "x", "--steps", "9", "--plot", "a.txt"], "its suffix is no image format"),
    ],
)
def test_bad_input_is_told_in_one_sentence(arguments, said, tmp_path):
    done = call_tool("ablate", *arguments, folder=tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


def test_rows_are_listed_with_those_that_they_are_compared_with():
    done = call_tool("ablate", "--list", "--only", "width_64")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["nano_b_plain", "width_64"]
