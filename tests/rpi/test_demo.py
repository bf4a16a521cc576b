import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from ffkeras import cli
from ffkeras.compare.faces import differing_faces
from ffkeras.golden.make import faces_of
from ffkeras.images import read_image
from ffkeras.runtime import FaceDetector
from tests import forged

ROOT = Path(__file__).resolve().parents[2]
DEMO, PHOTOGRAPHS = ROOT / "tflite" / "rpi" / "demo.py", ROOT / "tests" / "data" / "photos"
ASTRONAUT = PHOTOGRAPHS / "astronaut.jpg"


class Camera:
    """Gives pictures, then ends as it is told to."""

    def __init__(self, pictures, end):
        self.pictures, self.end = list(pictures), end

    def read(self):
        if not self.pictures:
            if self.end:
                raise self.end
            return False, None
        return True, self.pictures.pop(0)

    def get(self, _):
        return 30.0

    def release(self):
        pass


@pytest.fixture
def demo(monkeypatch, capfd):
    """Runs the demo in this process; gives its exit code, output and errors."""
    spec = importlib.util.spec_from_file_location("rpi_demo", DEMO)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["demo.py", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            cli.run(module.main)
        return exit_.value.code, *capfd.readouterr()

    return run


@pytest.fixture
def camera(monkeypatch):
    def plug_in(*pictures, end=None):
        monkeypatch.setitem(sys.modules, "picamera2", None)
        monkeypatch.setattr(cv2, "VideoCapture", lambda at: Camera(pictures, end))

    return plug_in


def read_lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_a_folder_s_faces_are_counted_and_the_speed_is_told(demo):
    code, out, err = demo(PHOTOGRAPHS, "--repeat", 2)
    assert (code, err) == (0, "")
    *lines, last = out.splitlines()
    assert len(lines) == 8
    assert re.fullmatch(r".*astronaut\.jpg: 1 face, \d+ ms", lines[0])
    assert re.fullmatch(r"8 pictures, [\d.]+ a second; detection [\d.]+ ms a picture", last)


def test_lines_of_json_hold_the_detector_s_faces(demo, tmp_path):
    faces = tmp_path / "faces.jsonl"
    model = ROOT / "tflite" / "models" / "nano_b_micro_160_int8.tflite"
    for _ in range(2):
        assert demo(ASTRONAUT, "--model", model, "--json", faces)[0] == 0
    first, second = read_lines(faces.read_text())  # added to, not replaced
    assert first["faces"] == second["faces"]
    expected = FaceDetector(model).detect(read_image(ASTRONAUT))
    assert differing_faces(expected, faces_of(first["faces"])) is None


def test_lines_on_standard_output_stand_alone(demo):
    code, out, _ = demo(ASTRONAUT, "--json", "-")
    (line,) = read_lines(out)
    assert (code, line["image"], len(line["faces"])) == (0, str(ASTRONAUT), 1)


def test_a_camera_goes_on_until_ctrl_c(demo, camera):
    face, nobody = read_image(ASTRONAUT), read_image(PHOTOGRAPHS / "rocket.jpg")
    camera(face, face, nobody, nobody, nobody, face, end=KeyboardInterrupt)
    code, out, err = demo("--json", "-")
    assert (code, err) == (0, "")
    assert [(line["image"], len(line["faces"])) for line in read_lines(out)] == [
        ("0#0", 1),
        ("0#1", 1),
        ("0#2", 0),  # the face has gone; that it stays away is not repeated
        ("0#5", 1),
    ]


def test_a_camera_s_frames_a_second_are_told(demo, camera):
    camera(*[read_image(ASTRONAUT)] * 3, end=KeyboardInterrupt)
    code, out, _ = demo()
    assert code == 0
    first, last = out.splitlines()
    assert re.fullmatch(r"0#0: 1 face, \d+ ms, [\d.]+ frames/s", first)
    assert last.startswith("3 pictures, ")


def test_a_camera_that_ends_by_itself_fails_so_that_the_service_starts_again(demo, camera):
    camera(read_image(ASTRONAUT))
    code, _, err = demo()
    assert (code, err) == (1, "error: camera 0 gives no more pictures; check its cable and power.\n")


def test_a_missing_camera_is_one_sentence(demo, camera):
    camera()
    assert demo() == (1, "", "error: camera 0 gives no picture; check that it is connected and not in use.\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{folder}/none.jpg"], "error: {folder}/none.jpg does not exist; check the path.\n"),
        (["{folder}"], "error: {folder} holds neither a picture nor a video that can be read, only 1 text"),
        ([ASTRONAUT, "--model", "{folder}/other.tflite"], "error: {folder}/other.tflite is not a TFLite file"),
        ([ASTRONAUT, "--num-threads", "0"], "error: 0 threads cannot run a network; give at least 1.\n"),
        ([ASTRONAUT, "--repeat", "0"], "error: --repeat 0 measures nothing; give at least 1.\n"),
        ([ASTRONAUT, "--json", "{folder}"], "error: cannot write {folder}: Is a directory;"),
    ],
)
def test_bad_input_is_one_sentence(demo, tmp_path, arguments, sentence):
    (tmp_path / "other.tflite").write_bytes(b"x" * 99)
    code, _, err = demo(*(str(argument).format(folder=tmp_path) for argument in arguments))
    assert code == 1
    assert err.startswith(sentence.format(folder=tmp_path))
    assert err.count("\n") == 1


def test_a_graph_that_cannot_run_is_one_sentence(demo, tmp_path):
    """It is tried in a process of its own first, where a crash costs nothing."""
    file = tmp_path / "forged.tflite"
    file.write_bytes(forged.small_model())
    code, _, err = demo(ASTRONAUT, "--model", file)
    assert code == 1
    assert err.startswith(f"error: {file} cannot be run") and err.count("\n") == 1


def test_an_unreadable_file_does_not_stop_the_others(demo, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"no image")
    shutil.copy(ASTRONAUT, tmp_path / "b.jpg")
    code, out, err = demo(tmp_path)
    assert code == 1
    assert "b.jpg: 1 face" in out
    assert err.startswith(f"error: {tmp_path / 'a.jpg'} is not an image")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_a_full_disk_is_one_sentence():
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, str(DEMO), str(ASTRONAUT), "--json", "-"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: cannot write standard output: No space left on device;")


def test_help_comes_without_the_heavy_imports():
    code = f"import sys, runpy; sys.argv = ['demo.py', '--help']; runpy.run_path({str(DEMO)!r}, run_name='__main__')"
    blocked = "import sys; sys.modules.update(dict.fromkeys(('cv2', 'numpy', 'tensorflow'))); " + code
    done = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 0, done.stderr
    assert "--num-threads" in done.stdout
