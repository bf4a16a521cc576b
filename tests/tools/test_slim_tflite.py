import importlib.util
from pathlib import Path

import pytest

from ffkeras.conversion import slim as slim_module
from ffkeras.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location("slim_tflite", ROOT / "tools" / "slim_tflite.py")
slim_tflite = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(slim_tflite)


def test_a_file_is_replaced_by_a_slim_one_and_stays_as_it_is_from_then_on(lamp_int8, tmp_path, capsys):
    path = tmp_path / "lamp.tflite"
    path.write_bytes(lamp_int8.read_bytes())
    slim_tflite.main([str(path)])
    once = path.read_bytes()
    assert len(once) < lamp_int8.stat().st_size
    assert f"{lamp_int8.stat().st_size:,} -> {len(once):,} bytes, all outputs equal" in capsys.readouterr().out
    slim_tflite.main([str(path)])
    assert path.read_bytes() == once
    assert list(tmp_path.iterdir()) == [path]


def test_files_can_go_into_another_folder(lamp_int8, tmp_path):
    before = lamp_int8.read_bytes()
    slim_tflite.main([str(lamp_int8), "--output", str(tmp_path / "slim")])
    assert lamp_int8.read_bytes() == before
    assert (tmp_path / "slim" / lamp_int8.name).stat().st_size < len(before)


def test_a_file_that_would_give_other_outputs_is_left_alone(lamp_int8, tmp_path, monkeypatch):
    path = tmp_path / "lamp.tflite"
    path.write_bytes(lamp_int8.read_bytes())
    monkeypatch.setattr(slim_module, "differing_outputs", lambda *_: ["landmarks"])
    with pytest.raises(UserError, match="lamp.tflite is not written, .*: landmarks differ"):
        slim_tflite.main([str(path)])
    assert path.read_bytes() == lamp_int8.read_bytes()


def test_a_damaged_file_is_one_sentence(lamp_int8, tmp_path):
    path = tmp_path / "torn.tflite"
    path.write_bytes(lamp_int8.read_bytes()[:-100])
    with pytest.raises(UserError, match="torn.tflite"):
        slim_tflite.main([str(path)])


def test_what_the_bytes_are_is_printed_and_nothing_changes(lamp_int8, capsys):
    before = lamp_int8.read_bytes()
    slim_tflite.main(["--bytes", str(lamp_int8), str(lamp_int8)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| bytes | lamp_int8 | lamp_int8 |"
    assert lines[-1] == f"| in all | {len(before):,} | {len(before):,} |"
    assert lamp_int8.read_bytes() == before
