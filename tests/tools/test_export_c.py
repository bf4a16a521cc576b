import importlib.util

import pytest

from ffkeras.commands import export_c
from ffkeras.errors import UserError

needs_tflite_micro = pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None, reason="tflite-micro is not installed (Linux on x86-64)"
)


@needs_tflite_micro
def test_it_writes_the_network_and_says_what_it_needs(lamp_int8, tmp_path, capsys):
    assert export_c.main([str(lamp_int8), "--output", str(tmp_path / "c"), "--name", "lamp", "--check"]) == 0
    written = {path.name for path in (tmp_path / "c").iterdir()}
    assert {"lamp.h", "lamp.c", "faces.h", "faces.c", "int8_kernels.h", "int8_convolution.c"} <= written
    assert "int8_add.c" not in written  # it is not in use
    text = capsys.readouterr().out
    assert f"wrote {tmp_path / 'c' / 'lamp.h'}" in text
    assert "RAM: an arena of " in text
    assert "TFLite Micro: " in text
    assert "check: 24,576 of 24,576 output values equal TFLite Micro's on 8 random inputs" in text
    assert "speed here: " in text
    assert "millions of instructions on a Cortex-M" in text


def test_without_tflite_micro_it_writes_all_the_same(lamp_int8, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("ffkeras.firmware.tflite_micro_is_installed", lambda: False)
    export_c.main([str(lamp_int8), "--output", str(tmp_path)])
    assert (tmp_path / "lamp_int8.c").is_file()
    assert "TFLite Micro" not in capsys.readouterr().out


def test_a_check_that_is_not_possible_ends_before_anything_is_written(lamp_int8, tmp_path, monkeypatch):
    monkeypatch.setattr("ffkeras.firmware.arena.tflite_micro_is_installed", lambda: False)
    with pytest.raises(UserError, match="pip install tflite-micro"):
        export_c.main([str(lamp_int8), "--output", str(tmp_path / "c"), "--check"])
    assert not (tmp_path / "c").exists()


def test_a_check_without_a_compiler_is_one_sentence(lamp_int8, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(UserError, match="no C compiler"):
        export_c.check(lamp_int8.read_bytes(), lamp_int8.name)


def test_forms_that_cost_a_microcontroller_more_are_told(lamp_int8, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("ffkeras.conversion.xnnpack_passes.has_xnnpack_forms", lambda _: True)
    monkeypatch.setattr("ffkeras.firmware.tflite_micro_is_installed", lambda: False)
    export_c.main([str(lamp_int8), "--output", str(tmp_path)])
    assert "lamp_int8.tflite has the forms of operations that XNNPACK runs faster" in capsys.readouterr().out


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="cannot read .*none.tflite: No such file"):
        export_c.main([str(tmp_path / "none.tflite")])


def test_a_folder_that_cannot_be_written_shows_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="nothing can be written below it"):
        export_c.main([str(tmp_path / "none.tflite"), "--output", str(tmp_path / "file")])
