import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from ffkeras import cli
from ffkeras.commands.detect import main

TOOL = Path(__file__).parents[2] / "tools" / "detect.py"


@pytest.fixture
def detect(lamp_int8, monkeypatch, capsys):
    """Runs the command in this process: detect(arguments) -> (exit code, standard output, standard error)."""

    def call(*arguments, model=lamp_int8):
        monkeypatch.setattr(sys, "argv", ["detect.py", *map(str, arguments), "--model", str(model)])
        with pytest.raises(SystemExit) as ended:
            cli.run(main)
        captured = capsys.readouterr()
        return ended.value.code, captured.out, captured.err

    return call


@pytest.fixture
def folder(tmp_path, lamp_image):
    """Two folders with a good image of the same name each; the first also holds two bad ones."""
    for name in ("first/lamp.png", "second/lamp.png"):
        (tmp_path / name).parent.mkdir()
        cv2.imwrite(str(tmp_path / name), lamp_image)
    (tmp_path / "first" / "empty.jpg").touch()
    (tmp_path / "first" / "text.png").write_text("not an image")
    return tmp_path


def write_video(path, image, count):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, image.shape[1::-1])
    for _ in range(count):
        writer.write(image)
    writer.release()


def test_json_lists_the_faces_of_each_image(detect, folder, lamp_face):
    target = folder / "new" / "faces.json"
    code, out, err = detect(folder / "second", "--json", target)
    assert (code, out, err) == (0, f"{folder}/second/lamp.png: 1 face\n", "")
    (entry,) = json.loads(target.read_text())
    assert (entry["image"], entry["width"], entry["height"]) == (f"{folder}/second/lamp.png", 128, 96)
    (face,) = entry["faces"]
    np.testing.assert_allclose(face["box"], lamp_face[0], atol=0.3)
    np.testing.assert_allclose(face["landmarks"], lamp_face[1], atol=0.3)
    assert face["score"] > 0.99


def test_bad_images_are_listed_at_the_end_and_the_rest_is_done(detect, folder):
    code, out, err = detect(
        folder / "first", folder / "second", "--output", folder / "out", "--json", folder / "f.json"
    )
    assert code == 1
    assert out.count(": 1 face\n") == 2
    assert [line.split(" is ")[0] for line in err.splitlines()] == [
        f"error: {folder}/first/empty.jpg",
        f"error: {folder}/first/text.png",
    ]
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["lamp.png", "lamp_2.png"]
    assert len(json.loads((folder / "f.json").read_text())) == 2


def test_pictures_are_drawn_on(detect, folder, lamp_image):
    detect(folder / "second", "--output", folder / "out")
    drawn = cv2.imread(str(folder / "out" / "lamp.png"))
    assert drawn.shape == lamp_image.shape
    assert (drawn != lamp_image).any()


def test_no_picture_is_written_without_output(detect, folder):
    before = sorted(folder.rglob("*"))
    detect(folder / "second")
    assert sorted(folder.rglob("*")) == before


def test_a_video_gives_a_video_and_an_entry_for_each_frame(detect, tmp_path, lamp_image):
    write_video(tmp_path / "clip.avi", lamp_image, 4)
    code, out, _ = detect(tmp_path / "clip.avi", "--output", tmp_path / "out", "--json", tmp_path / "f.json")
    assert (code, out) == (0, f"{tmp_path}/clip.avi: 4 faces in 4 frames\n")
    entries = json.loads((tmp_path / "f.json").read_text())
    assert [entry["image"] for entry in entries] == [f"{tmp_path}/clip.avi#{number}" for number in range(4)]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["clip.mp4"]


def test_what_a_cut_video_still_shows_is_kept(detect, tmp_path, lamp_image):
    clip = tmp_path / "clip.avi"
    write_video(clip, lamp_image, 10)
    data = clip.read_bytes()
    clip.write_bytes(data[: (data.index(b"movi") + len(data)) // 2])  # half of the frames
    code, out, err = detect(clip, "--output", tmp_path / "out", "--json", tmp_path / "f.json")
    count = len(json.loads((tmp_path / "f.json").read_text()))
    assert (code, out) == (1, f"{clip}: {count} faces in {count} frames\n")
    assert err == f"error: {clip} broke off after {count} of 10 frames; copy it again if the rest matters.\n"
    written = cv2.VideoCapture(str(tmp_path / "out" / "clip.mp4"))
    assert int(written.get(cv2.CAP_PROP_FRAME_COUNT)) == count


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["{folder}/first/text.png", "--json", "{folder}/f.json"], "text.png is not an image"),
        (["{folder}/none.jpg"], "none.jpg does not exist; check the path."),
        (["{folder}/second", "--output", "{folder}/second"], "lamp.png would overwrite its source"),
        (
            ["{folder}/second", "--output", "{folder}/second/lamp.png"],
            "lamp.png is a file, so nothing can be written below it",
        ),
        (["{folder}/second", "--json", "{folder}"], "is a folder; name a file."),
        (["{folder}/second", "--score-threshold", "7"], "score threshold 7.0 is not in 0..1"),
        (["97"], "a camera needs --show, --output or --json"),
        (["97", "--json", "{folder}/f.json"], "camera 97 gives no picture"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(detect, folder, arguments, sentence):
    before = sorted(folder.rglob("*"))
    code, _, err = detect(*[argument.format(folder=folder) for argument in arguments])
    assert code == 1
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert sentence in err
    assert sorted(folder.rglob("*")) == before


def test_a_model_without_a_record_is_one_sentence(detect, folder, lamp_plain):
    (folder / "plain.tflite").write_bytes(lamp_plain)
    code, _, err = detect(folder / "second", "--output", folder / "out", model=folder / "plain.tflite")
    assert code == 1
    assert "plain.tflite is a TFLite file without an ffkeras record" in err
    assert not (folder / "out").exists()


def test_a_full_disk_is_one_sentence_after_the_bad_inputs_and_leaves_no_half_file(lamp_int8, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    write_video(tmp_path / "clip.avi", noise, 30)
    (tmp_path / "cut.png").write_bytes(cv2.imencode(".png", noise)[1].tobytes()[:2000])
    inputs = [str(tmp_path / "cut.png"), str(tmp_path / "clip.avi")]
    command = [sys.executable, str(TOOL), *inputs, "--model", str(lamp_int8), "--output"]
    limited = ["bash", "-c", 'ulimit -f 8; exec "$@"', "bash", *command, str(tmp_path / "out")]
    done = subprocess.run(limited, capture_output=True, text=True)
    assert done.returncode == 1
    bad, full = done.stderr.splitlines()  # nothing from libpng or the interpreter, and the bad input is not forgotten
    assert "cut.png is not an image" in bad
    assert "cannot write" in full
    assert list((tmp_path / "out").iterdir()) == []


def found_faces(path):
    """Whether some frames have been looked at."""
    return path.exists() and path.stat().st_size > 2000


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_what_was_found_and_a_video_that_plays(stop, lamp_int8, tmp_path, lamp_image):
    write_video(tmp_path / "clip.avi", lamp_image, 5000)
    arguments = [
        tmp_path / "clip.avi",
        "--model",
        lamp_int8,
        "--output",
        tmp_path / "out",
        "--json",
        tmp_path / "f.json",
    ]
    process = subprocess.Popen([sys.executable, str(TOOL), *map(str, arguments)], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not found_faces(tmp_path / "f.json"):
        time.sleep(0.02)
    os.kill(process.pid, stop)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "interrupted after 0 of 1 inputs; what was found is kept."
    assert "Traceback" not in err
    (written,) = (tmp_path / "out").iterdir()
    count = len(json.loads((tmp_path / "f.json").read_text()))
    assert 0 < count < 5000
    assert int(cv2.VideoCapture(str(written)).get(cv2.CAP_PROP_FRAME_COUNT)) in (count, count - 1)


def test_ctrl_c_ends_a_camera_recording_whole(detect, tmp_path, lamp_image, monkeypatch):
    class Camera:
        """Three pictures at ten a second, then Ctrl-C."""

        def __init__(self):
            self.left = 3

        def read(self):
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            time.sleep(0.1)
            return True, lamp_image

        def get(self, _):
            return -1.0

        def release(self):
            pass

    file_capture = cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", lambda at: Camera() if at == 97 else file_capture(at))
    code, out, err = detect("97", "--output", tmp_path / "out", "--json", tmp_path / "f.json")
    assert (code, out, err) == (0, "97: 3 faces in 3 frames\n", "")
    assert [entry["image"] for entry in json.loads((tmp_path / "f.json").read_text())] == ["97#0", "97#1", "97#2"]
    written = file_capture(str(tmp_path / "out" / "camera_97.mp4"))
    assert written.get(cv2.CAP_PROP_FRAME_COUNT) >= 5  # 0.2 seconds at 25 a second: it plays as fast as it was


@pytest.fixture
def run_detect(lamp_int8):
    """Runs the command in a process of its own: run_detect(arguments, ...) -> what `subprocess.run` gives."""

    def call(*arguments, **options):
        command = [sys.executable, str(TOOL), *arguments, "--model", str(lamp_int8)]
        return subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=60, errors="replace", **options)

    return call


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_names_of_any_bytes_are_read_written_and_told(run_detect, tmp_path, lamp_image):
    folder = tmp_path / "in"
    folder.mkdir()
    picture = cv2.imencode(".png", lamp_image)[1].tobytes()
    names = [b"caf\xe9.png", b"\xff\xfe.png", "火.png".encode(), b"a\nb.png", b"x" * 251 + b".png"]
    for name in names:
        (folder / os.fsdecode(name)).write_bytes(picture)
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252:strict"}
    arguments = [tmp_path / "in", "--output", tmp_path / "out", "--json", tmp_path / "faces.json"]
    done = run_detect(*arguments, stdout=subprocess.PIPE, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(": 1 face") == len(names)
    entries = json.loads((tmp_path / "faces.json").read_text())
    assert sorted(os.fsencode(Path(entry["image"]).name) for entry in entries) == sorted(names)
    assert sorted(os.fsencode(path.name) for path in (tmp_path / "out").iterdir()) == sorted(names)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_videos_with_names_of_any_bytes_are_one_sentence(run_detect, tmp_path, lamp_image):
    write_video(tmp_path / "clip.avi", lamp_image, 3)
    clip = (tmp_path / "clip.avi").rename(tmp_path / os.fsdecode(b"\xe9.avi"))
    done = run_detect(clip, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (1, "")
    assert "has a name that is not UTF-8" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs")
def test_fifos_and_devices_are_one_sentence_each_and_never_waited_for(run_detect, tmp_path):
    names = ["picture.png", "clip.mp4", "note.txt"]
    for name in names:
        os.mkfifo(tmp_path / name)
    done = run_detect(*(tmp_path / name for name in names), "/dev/zero", "/dev/null", stdout=subprocess.PIPE)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert [" is no regular file" in line for line in lines] == [True] * 5


def test_a_device_is_not_replaced_by_results(detect, folder):
    code, _, err = detect(folder / "second", "--json", "/dev/null")
    assert (code, err) == (1, "error: /dev/null is a device, FIFO or socket; name a file.\n")
    assert Path("/dev/null").is_char_device()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_standard_output_is_one_sentence_and_the_faces_are_written(run_detect, tmp_path, lamp_image):
    cv2.imwrite(str(tmp_path / "lamp.png"), lamp_image)
    with Path("/dev/full").open("w") as full:
        done = run_detect(tmp_path / "lamp.png", "--json", tmp_path / "f.json", stdout=full)
    assert done.returncode == 1
    assert done.stderr == (
        "error: cannot use standard output: No space left on device; choose another or free some space.\n"
    )
    assert len(json.loads((tmp_path / "f.json").read_text())) == 1


@pytest.mark.parametrize("name", ["100", "2147483648", "9" * 5000, "x" * 300, "x" * 300 + ".mp4"])
def test_cameras_and_names_out_of_range_are_one_sentence(detect, tmp_path, name):
    code, out, err = detect(name, "--json", tmp_path / "f.json")
    assert (code, out) == (1, "")
    assert err.startswith("error: ca") and err.count("\n") == 1


def test_one_file_never_costs_the_results_of_the_others(detect, tmp_path, lamp_image):
    cv2.imwrite(str(tmp_path / "a.png"), lamp_image)
    cv2.imwrite(str(tmp_path / "z.png"), lamp_image)
    (tmp_path / "b.pfm.png").write_bytes(b"PF\n30000 30000\n-1\n")
    (tmp_path / "c.png").mkdir()
    (tmp_path / "d.png").symlink_to(tmp_path / "gone.png")
    (tmp_path / "e.png").write_bytes(cv2.imencode(".pfm", np.full((9, 9, 3), np.inf, np.float32))[1].tobytes())
    code, _, err = detect(tmp_path, "--json", tmp_path / "f.json")
    assert (code, err.count("error: ")) == (1, 3)
    assert len(json.loads((tmp_path / "f.json").read_text())) == 2


def test_a_picture_that_is_named_as_a_video_is_a_picture(detect, tmp_path):
    (tmp_path / "light.avi").write_bytes(cv2.imencode(".hdr", np.full((64, 64, 3), 0.5, np.float32))[1].tobytes())
    code, out, err = detect(tmp_path / "light.avi")
    assert (code, err) == (0, "")
    assert out.startswith(f"{tmp_path}/light.avi: ") and "frames" not in out


def test_help_comes_without_the_heavy_imports():
    code = f"import sys, runpy; sys.argv = ['detect.py', '--help']; runpy.run_path({str(TOOL)!r}, run_name='__main__')"
    blocked = "import sys; sys.modules.update(dict.fromkeys(('cv2', 'numpy', 'tensorflow'))); " + code
    done = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--score-threshold" in done.stdout


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_folder_keeps_what_was_found_in_every_format(stop, lamp_int8, tmp_path, lamp_image):
    (tmp_path / "in").mkdir()
    data = cv2.imencode(".png", lamp_image)[1].tobytes()
    for number in range(3000):
        (tmp_path / "in" / f"{number:04}.png").write_bytes(data)
    files = ["--json", tmp_path / "f.json", "--csv", tmp_path / "f.csv", "--output", tmp_path / "out"]
    command = [sys.executable, str(TOOL), tmp_path / "in", "--model", lamp_int8, *files]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not found_faces(tmp_path / "f.json"):
        time.sleep(0.02)
    os.kill(process.pid, stop)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err
    assert "of 3000 inputs; what was found is kept." in err
    count = len(json.loads((tmp_path / "f.json").read_text()))
    assert 0 < count < 3000
    assert len((tmp_path / "f.csv").read_text().splitlines()) == count + 1
    assert len(list((tmp_path / "out").iterdir())) in (count, count - 1)


def test_lines_of_json_go_to_standard_output_and_the_rest_does_not(detect, folder):
    code, out, err = detect(folder / "second", "--json", "-")
    assert code == 0
    assert [len(json.loads(line)["faces"]) for line in out.splitlines()] == [1]
    assert err == f"{folder}/second/lamp.png: 1 face\n"


def test_other_files_in_a_folder_are_counted_in_the_last_line(detect, folder):
    (folder / "second" / "notes.md").write_text("words")
    (folder / "second" / "film.pdf").write_bytes(b"%PDF-1.4")
    code, _, err = detect(folder / "second")
    assert (code, err) == (0, "skipped in folders: 1 PDF, 1 text\n")
