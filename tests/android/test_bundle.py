import importlib.util
import re
from pathlib import Path

import pytest

from ffkeras.android import bundle
from ffkeras.errors import UserError
from ffkeras.runtime import read_metadata

ROOT = Path(__file__).resolve().parents[2]
RELEASED = ROOT / "tflite" / "models"
TOOL = ROOT / "tools" / "bundle_android.py"
_spec = importlib.util.spec_from_file_location("bundle_android", TOOL)
bundle_android = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bundle_android)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The tool writes here, not into the app."""
    path = tmp_path / "app" / "models"
    monkeypatch.setattr("ffkeras.android.MODELS_FOLDER", path)
    monkeypatch.setattr(bundle.bundle_models, "__defaults__", (path,))
    monkeypatch.setattr(bundle.drop_bundle, "__defaults__", (path,))
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_folder_holds_the_named_files_and_no_others(lamp_int8, lamp_float, folder, capsys):
    bundle_android.main([str(lamp_int8), str(lamp_float)])
    assert names(folder) == ["lamp_float.tflite", "lamp_int8.tflite"]
    bundle_android.main([str(lamp_int8)])
    assert names(folder) == ["lamp_int8.tflite"]
    assert (folder / "lamp_int8.tflite").read_bytes() == lamp_int8.read_bytes()
    assert names(folder.parent) == ["models"]
    assert "lamp_int8.tflite: nano_b, 96 x 128, int8, raw outputs" in capsys.readouterr().out


@pytest.mark.parametrize("make", ["plain", "cut", "missing", "renamed", "twice"])
def test_a_file_that_cannot_be_used_leaves_the_folder_as_it_was(make, lamp_int8, lamp_plain, folder, tmp_path):
    bundle_android.main([str(lamp_int8)])
    before = (folder / "lamp_int8.tflite").stat().st_ino
    bad = tmp_path / "bad.tflite"
    if make == "plain":
        bad.write_bytes(lamp_plain)
    elif make == "cut":
        bad.write_bytes(lamp_int8.read_bytes()[:-100])
    elif make == "renamed":
        bad = tmp_path / "lamp.bin"
        bad.write_bytes(lamp_int8.read_bytes())
    elif make == "twice":
        bad = tmp_path / lamp_int8.name
        bad.write_bytes(lamp_int8.read_bytes())
    with pytest.raises(UserError, match=re.escape(bad.name)):
        bundle_android.main([str(lamp_int8), str(bad)])
    assert names(folder) == ["lamp_int8.tflite"]
    assert (folder / "lamp_int8.tflite").stat().st_ino == before


def test_a_folder_that_cannot_be_written_is_one_sentence_and_whole(lamp_int8, lamp_float, folder, monkeypatch):
    bundle_android.main([str(lamp_int8)])
    rename = Path.rename

    def fail_for_the_new_one(path, target):
        if path.name == "new":
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new_one)
    with pytest.raises(UserError, match=r"cannot write .*models: No space left on device; free some space"):
        bundle_android.main([str(lamp_float)])
    assert names(folder) == ["lamp_int8.tflite"]
    assert names(folder.parent) == ["models"]


def test_the_choice_can_be_forgotten(lamp_int8, folder, capsys):
    bundle_android.main([str(lamp_int8)])
    bundle_android.main(["--default"])
    bundle_android.main(["--default"])  # nothing there is no mistake
    assert not folder.exists()


@pytest.mark.parametrize("arguments", [[], ["--default", "a.tflite"]])
def test_either_models_or_the_default_are_asked_for(arguments):
    with pytest.raises(UserError, match="name the models that the app should have, or --default"):
        bundle_android.main(arguments)


def remarks(path, change=None):
    data = path.read_bytes()
    return " ".join(bundle.BundledModel(path.name, data, read_metadata(data, path.name)).remarks())


def test_what_does_not_suit_a_phone_is_told(lamp_float):
    assert remarks(RELEASED / "nano_b_320_int8.tflite") == ""
    micro = remarks(RELEASED / "nano_b_micro_160_int8.tflite")
    assert "plain forms of `--target micro`" in micro
    assert "160 pixels, so that only near faces" in micro
    assert "float32, which is larger and slower" in remarks(lamp_float)


def test_files_for_other_targets_are_told_apart(tmp_path):
    from ffkeras.conversion.borders import add_float_borders
    from ffkeras.conversion.decoding import append_decoding

    raw = (RELEASED / "nano_b_320_int8.tflite").read_bytes()
    (tmp_path / "phone.tflite").write_bytes(append_decoding(raw))
    (tmp_path / "web.tflite").write_bytes(add_float_borders(raw))
    assert remarks(tmp_path / "phone.tflite") == ""
    assert "borders are float32, as `--target web` makes them" in remarks(tmp_path / "web.tflite")


def test_the_models_of_a_build_without_a_choice_are_released(capsys):
    settings = (ROOT / "android_demo" / "gradle.properties").read_text()
    models = re.search(r"^ffkeras\.defaultModels=(.*)$", settings, re.M)[1].split()
    assert models
    for name in models:
        assert remarks(RELEASED / name) == ""
