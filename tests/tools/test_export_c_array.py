import importlib.util
from pathlib import Path

import pytest

from ffkeras.errors import UserError

TOOL = Path(__file__).resolve().parents[2] / "tools" / "export_c_array.py"
_spec = importlib.util.spec_from_file_location("export_c_array", TOOL)
export_c_array = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(export_c_array)


def test_two_files_named_after_the_model_are_written(lamp_int8, tmp_path, capsys):
    pytest.importorskip("tflite_micro", reason="tflite-micro is not installed (Linux on x86-64)")
    export_c_array.main([str(lamp_int8), "--output", str(tmp_path / "firmware")])
    written = sorted((tmp_path / "firmware").iterdir())
    assert [path.name for path in written] == ["lamp_int8_model.cc", "lamp_int8_model.h"]
    *lines, note = capsys.readouterr().out.splitlines()
    assert lines == [f"wrote {path}" for path in reversed(written)]
    assert note.startswith("note: in lamp_int8.tflite 3 of 3 convolutions have channels that 4 does not divide")


def test_forms_that_cost_a_microcontroller_more_are_told(lamp_int8, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("ffkeras.firmware.write_c_array", lambda *_: ())
    export_c_array.main([str(lamp_int8), "--output", str(tmp_path)])
    assert "XNNPACK" not in capsys.readouterr().out
    monkeypatch.setattr("ffkeras.conversion.xnnpack_passes.has_xnnpack_forms", lambda _: True)
    export_c_array.main([str(lamp_int8), "--output", str(tmp_path)])
    assert "lamp_int8.tflite has the forms of operations that XNNPACK runs faster" in capsys.readouterr().out


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="cannot read .*none.tflite: No such file"):
        export_c_array.main([str(tmp_path / "none.tflite")])


def test_a_folder_that_cannot_be_written_shows_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="nothing can be written below it"):
        export_c_array.main([str(tmp_path / "none.tflite"), "--output", str(tmp_path / "file")])
