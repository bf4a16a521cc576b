import subprocess
import sys
from pathlib import Path

import pytest

from ffkeras.errors import UserError
from ffkeras.runtime import DEFAULT_MODEL, FaceDetector, released_models
from ffkeras.runtime.released import find_model

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "tflite" / "models"


def test_every_released_file_has_a_name():
    assert sorted(path.name for path in released_models().values()) == sorted(p.name for p in MODELS.glob("*.tflite"))
    assert released_models()[DEFAULT_MODEL] == MODELS / "nano_b_fast_640_int8.tflite"


@pytest.mark.parametrize("name", ["nano_b_320", "nano_b_320_int8", "nano_b_320_int8.tflite"])
def test_a_name_finds_its_file(name):
    assert find_model(name) == MODELS / "nano_b_320_int8.tflite"


def test_without_a_model_the_most_accurate_one_is_taken():
    assert FaceDetector().image_size == (640, 640)
    assert FaceDetector("nano_b_320").image_size == (320, 320)


def test_a_file_of_that_name_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nano_b_320").write_text("mine")
    assert find_model("nano_b_320") == Path("nano_b_320")


@pytest.mark.parametrize("name", ["nano", "gone.tflite", ""])
def test_an_unknown_name_is_one_sentence_with_those_that_exist(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=f"^{name} is neither a file nor .* nano_b_320, .*v2_ultra_640"):
        FaceDetector(name)


def test_a_built_package_holds_the_int8_files_and_their_notice(tmp_path):
    """In the build folder that becomes a wheel, without one being installed."""
    command = ["setup.py", "-q", "egg_info", "--egg-base", str(tmp_path), "build_py", "--build-lib", str(tmp_path)]
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True, capture_output=True)
    inside = tmp_path / "ffkeras" / "runtime" / "models"
    expected = {path.name: path.read_bytes() for path in MODELS.glob("*_int8.tflite")}
    expected["NOTICE"] = (MODELS / "NOTICE").read_bytes()
    assert {path.name: path.read_bytes() for path in inside.iterdir()} == expected
