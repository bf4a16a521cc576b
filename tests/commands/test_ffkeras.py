import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from ffkeras import __version__, commands
from ffkeras.images import read_image

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "tests" / "data" / "photos" / "astronaut.jpg"


def test_detect_needs_no_model(ffkeras):
    assert ffkeras("detect", PHOTO) == (0, f"{PHOTO}: 1 face\n", "")


def test_detect_takes_the_name_of_a_released_network(ffkeras):
    assert ffkeras("detect", PHOTO, "--model", "nano_b_320") == (0, f"{PHOTO}: 1 face\n", "")


def test_an_unknown_name_is_one_sentence_with_those_that_exist(ffkeras):
    code, _, err = ffkeras("detect", PHOTO, "--model", "nano")
    assert code == 1
    assert err.startswith("error: nano is neither a file nor a released network; name a file or one of those here: ")
    assert err.count("\n") == 1


def test_models_lists_the_names(ffkeras):
    code, out, _ = ffkeras("models")
    assert code == 0
    assert "nano_b_fast_640 (default): 383 KB, " in out


@pytest.mark.parametrize(("name", "missing"), [("detect", "INPUT"), ("data", "action"), ("export-c", "MODEL")])
def test_a_command_without_what_it_needs_says_what(ffkeras, name, missing):
    code, out, err = ffkeras(name)
    assert (code, out) == (2, "")
    assert err.endswith(f"the following arguments are required: {missing}\n")


def test_version_and_mistakes(ffkeras):
    assert ffkeras("--version") == (0, f"ffkeras {__version__}\n", "")
    assert ffkeras()[0] == ffkeras("paint")[0] == 2


@pytest.mark.parametrize("name", commands.SUBCOMMANDS)
def test_help_of_a_subcommand_names_the_command(ffkeras, name):
    code, out, _ = ffkeras(name, "--help")
    assert code == 0
    assert out.startswith(f"usage: ffkeras {name} ")


def test_help_needs_no_tensorflow(tmp_path):
    """As in an environment without the extra `train`."""
    for name in ("tensorflow", "tf_keras"):
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError(name='{name}')")
    calls = [[name, "--help"] for name in commands.SUBCOMMANDS]
    code = f"""
import sys
from ffkeras import commands
for arguments in {calls!r}:
    sys.argv = ["ffkeras", *arguments]
    try:
        commands.main()
    except SystemExit as ended:
        assert not ended.code, arguments
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, cwd=tmp_path)


def test_a_package_that_is_missing_is_named(ffkeras, monkeypatch):
    def fails(*_):
        raise ModuleNotFoundError(name="tensorflow.python")

    monkeypatch.setattr("ffkeras.commands.train.main", fails)
    code, out, err = ffkeras("train", "--epochs", 1)
    assert (code, out) == (1, "")
    assert err == "error: ffkeras train needs tensorflow, which is not installed; pip install 'ffkeras[train]'.\n"


def test_convert_has_no_default_outside_a_checkout(ffkeras):
    code, _, err = ffkeras("convert")
    assert code == 2
    assert "--weights" in err


def test_it_is_a_module_too():
    done = subprocess.run([sys.executable, "-m", "ffkeras", "--version"], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == f"ffkeras {__version__}\n"


def test_what_one_does_with_faces_next(ffkeras, tmp_path):
    files = ["--csv", tmp_path / "f.csv", "--coco", tmp_path / "f.json"]
    folders = ["--crops", tmp_path / "crops", "--yolo", tmp_path / "labels", "--output", tmp_path / "out"]
    assert ffkeras("detect", PHOTO.parent, "--blur", *files, *folders)[0] == 0
    assert len((tmp_path / "f.csv").read_text().splitlines()) == 3
    coco = json.loads((tmp_path / "f.json").read_text())
    assert (len(coco["images"]), len(coco["annotations"])) == (4, 2)
    assert sorted(path.name for path in (tmp_path / "crops").iterdir()) == [
        "astronaut_face1.png",
        "grace_hopper_face1.png",
    ]
    assert read_image(tmp_path / "crops" / "astronaut_face1.png").shape == (112, 112, 3)
    lines = {path.stem: path.read_text().count("\n") for path in (tmp_path / "labels").iterdir()}
    assert lines == {"astronaut": 1, "coffee": 0, "grace_hopper": 1, "rocket": 0}
    assert ffkeras("detect", tmp_path / "out" / "astronaut.jpg")[1].endswith(": 0 faces\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--blur"], "--blur needs --output DIR"),
        (["--crop-size", "0"], "--crop-size 0 is no number of pixels"),
        (["--crops", PHOTO], "is a file, so nothing can be written below it"),
        (["--csv", PHOTO.parent], "is a folder; name a file."),
    ],
)
def test_bad_options_are_one_sentence(ffkeras, arguments, sentence):
    code, out, err = ffkeras("detect", PHOTO, *arguments)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert sentence in err


@pytest.fixture
def crowd(tmp_path):
    """A large grey picture with one small face."""
    image = np.full((1500, 2000, 3), 120, np.uint8)
    image[700:828, 900:1028] = cv2.resize(read_image(PHOTO), (128, 128), interpolation=cv2.INTER_AREA)
    path = tmp_path / "crowd.png"
    cv2.imwrite(str(path), image)
    return path


def test_a_large_picture_is_told_of_or_looked_at_in_tiles(ffkeras, crowd, tmp_path):
    model = ["--model", "nano_b_320"]
    note = "note: 1 picture is much larger than the network's input; --tiles finds smaller faces.\n"
    assert ffkeras("detect", crowd, *model) == (0, f"{crowd}: 0 faces\n", note)
    found = (0, f"{crowd}: 1 face, 1 of them in tiles only\n", "")
    assert ffkeras("detect", *model, "--tiles", crowd, "--json", tmp_path / "f.json") == found
    assert json.loads((tmp_path / "f.json").read_text())[0]["faces"][0]["tile_only"] is True
    assert ffkeras("detect", *model, crowd, "--tiles") == found
    assert ffkeras("detect", *model, crowd, "--tiles", "500") == found


def test_a_bad_side_of_tiles_is_one_sentence(ffkeras):
    code, out, err = ffkeras("detect", PHOTO, "--tiles", "7")
    assert (code, out) == (1, "")
    assert err == "error: tiles of 7 are neither 'auto' nor a whole number of pixels from 32 on.\n"
