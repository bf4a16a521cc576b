import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "evaluation"))

from widerface_fixture import IMAGES, perfect_detections, write_validation_set

from ffkeras.commands.evaluate import load_detector
from ffkeras.data import read_dataset, split_held_out
from ffkeras.data.synthetic import SyntheticFaces
from ffkeras.errors import UserError
from tests.data.label_folder import write_label_folder
from tests.tool import assert_fails, call_tool, run_tool


def evaluate(*arguments):
    """Run the tool as a user does, from another folder."""
    return call_tool("evaluate", *arguments)


def measure(*arguments):
    """The same in a process of its own, which measuring a network takes for the number of its threads."""
    return run_tool("evaluate", *arguments)


def damage_a_held_out_picture(folder):
    """Break one of the pictures that training holds out, between its head and its end; returns it and their number."""
    _, held_out = split_held_out(read_dataset([folder]))
    path = held_out[0].path
    data = cv2.imencode(".png", cv2.imread(str(path)))[1].tobytes()
    path.write_bytes(data[:40] + b"no picture" + data[-12:])
    return path, len(held_out)


def assert_told(result, bad):
    """Everything but the bad picture was measured, and that is said at the end."""
    assert result.returncode == 1, result.stderr
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith(f"error: {bad} is not an image") and last.endswith("It is left out."), result.stderr


@pytest.fixture
def data(tmp_path):
    write_validation_set(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    from ffkeras.models.build import build_model
    from ffkeras.models.saving import save_run

    folder = tmp_path_factory.mktemp("models") / "run"
    save_run(build_model("nano_b"), folder)
    return folder


@pytest.fixture
def found(tmp_path):
    path = tmp_path / "found.json"
    path.write_text(json.dumps(perfect_detections()))
    return path


def test_help_is_quick_and_names_the_layout():
    result = measure("--help")
    assert result.returncode == 0
    assert "WIDER_val/images" in result.stdout


def test_written_detections_give_table_plot_and_json(data, found, tmp_path):
    figures, plot = tmp_path / "out" / "figures.json", tmp_path / "out" / "pr.png"
    result = evaluate("--from-detections", found, "--data", data, "--json", figures, "--plot", plot)
    assert result.returncode == 0, result.stderr
    assert "all 3 images" in result.stdout
    assert json.loads(figures.read_text())["average_precision"] == {"easy": 1.0, "medium": 1.0, "hard": 1.0}
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_detections_are_evaluated_without_the_images(data, found):
    for name in IMAGES:
        (data / "WIDER_val" / "images" / f"{name}.jpg").unlink()
    result = evaluate("--from-detections", found, "--data", data)
    assert result.returncode == 0, result.stderr
    assert "recall by face height: left out" in result.stdout


def test_keras_run_is_evaluated_and_its_detections_are_kept(data, run_folder, tmp_path):
    kept = tmp_path / "kept.json"
    result = measure("--model", run_folder, "--data", data, "--image-size", "64x96", "--detections", kept)
    assert result.returncode == 0, result.stderr
    assert "run, input 64 x 96" in result.stdout
    assert "images/s on 1 thread" in result.stdout
    assert json.loads(kept.read_text()).keys() == {f"{name}.jpg" for name in IMAGES}


def test_missing_images_are_an_error_unless_a_sample_is_asked_for(data, found):
    detections = perfect_detections()
    detections.pop("0--Parade/b.jpg")
    found.write_text(json.dumps(detections))
    assert_fails(evaluate("--from-detections", found, "--data", data), "1 of the 3", "0--Parade/b.jpg")
    for option in (["--allow-missing"], ["--limit", "2"]):
        result = evaluate("--from-detections", found, "--data", data, *option)
        assert result.returncode == 0, result.stderr
        assert "2 of 3 images of WIDER FACE val: a sample" in result.stdout


def test_model_that_is_not_there_is_named(data, tmp_path):
    assert_fails(evaluate("--model", tmp_path / "none", "--data", data), "neither a run folder nor a .tflite")
    assert_fails(evaluate("--model", tmp_path / "none.tflite", "--data", data), "none.tflite")


def test_tflite_file_of_another_input_size_is_refused(monkeypatch):
    detector = SimpleNamespace(image_size=(480, 640))
    subject = SimpleNamespace(decodes=True, peer=True, open=lambda **_: detector)
    monkeypatch.setattr("ffkeras.benchmark.read_subject", lambda _: subject)
    assert load_detector(Path("some/m.tflite"), None, 1, 0.5).image_size == (480, 640)
    with pytest.raises(UserError, match=r"m\.tflite has an input of 480x640; leave out --image-size 320x320"):
        load_detector(Path("some/m.tflite"), (320, 320), 1, 0.5)


def test_folder_without_ground_truth_is_named(tmp_path, found):
    (tmp_path / "WIDER_val").mkdir()
    assert_fails(evaluate("--from-detections", found, "--data", tmp_path), "wider_face_val.mat is missing")


def test_recall_is_taken_at_the_score_that_is_asked_for(data, found, tmp_path):
    figures = tmp_path / "figures.json"
    result = evaluate("--from-detections", found, "--data", data, "--score-threshold", 1.0, "--json", figures)
    assert result.returncode == 0, result.stderr
    assert "recall at score 1, by face height" in result.stdout
    values = json.loads(figures.read_text())
    assert values["recall_score_threshold"] == 1.0
    assert sum(band["found"] for band in values["recall_by_height"]) == 0


def test_the_best_threshold_is_found_on_images_that_training_holds_out(tmp_path):
    from ffkeras.models.build import build_model
    from ffkeras.models.saving import save_run

    faces, figures, run_folder = tmp_path / "faces", tmp_path / "figures.json", tmp_path / "run"
    model = build_model("nano_b")
    for head in model.heads.heads:
        head.convolutions[0].bias.assign(np.zeros(head.convolutions[0].bias.shape))  # sees faces everywhere
    save_run(model, run_folder)
    write_label_folder(SyntheticFaces(120, image_size=(64, 64)), faces)
    bad, count = damage_a_held_out_picture(faces)
    arguments = ("--best-threshold", "--model", run_folder, "--data", faces, "--image-size", "64", "--json", figures)
    result = measure(*arguments)
    assert_told(result, bad)
    assert "held-out images: best F1" in result.stdout
    bands = result.stdout.split("average precision by face height in an input of 64x64:\n")[1].splitlines()
    assert [line.split(" px")[0].strip() for line in bands[:3]] == ["< 8", "8-12", "12-16"]
    assert sum(int(line.split()[-2]) for line in bands) > 0
    values = json.loads(figures.read_text())
    assert values["images"] == count - 1
    assert 0 <= values["threshold"] <= 1
    assert 0 <= values["f1"] <= 1


def test_measures_that_exclude_each_other_are_refused(data, run_folder):
    for options in (["--landmarks", "--best-threshold"], ["--best-threshold", "--plot", "x.png"]):
        result = evaluate("--model", run_folder, "--data", data, *options)
        assert result.returncode == 2
    result = evaluate("--model", run_folder, "--data", data, data)
    assert result.returncode == 2 and "--best-threshold only" in result.stderr


def test_malformed_detections_are_named(data, found):
    found.write_text('{"0--Parade/a.jpg": [[1, 2]]}')
    assert_fails(evaluate("--from-detections", found, "--data", data), "found.json", "0--Parade/a.jpg")


def test_plot_of_unknown_suffix_is_refused_before_the_evaluation(data, found, tmp_path):
    plot = tmp_path / "pr.xyz"
    assert_fails(evaluate("--from-detections", found, "--data", data, "--plot", plot), "pr.xyz", ".png")


@pytest.mark.parametrize("option", ["--detections", "--plot", "--json"])
def test_output_that_cannot_be_written_is_refused_before_anything_is_read(tmp_path, option):
    (tmp_path / "file").touch()
    arguments = ("--model", tmp_path / "none", "--data", tmp_path / "none", option)
    assert_fails(evaluate(*arguments, tmp_path / "file" / "out.png"), "file is a file, so nothing can be written")
    assert_fails(evaluate(*arguments, tmp_path), "is a folder; name a file")


def test_an_unreadable_image_costs_its_own_detections_alone(data, lamp_int8, tmp_path):
    (data / "WIDER_val" / "images" / "0--Parade" / "b.jpg").write_bytes(b"not an image")
    kept = tmp_path / "kept.json"
    result = evaluate("--model", lamp_int8, "--data", data, "--detections", kept)
    assert result.returncode == 1
    assert "all 3 images" in result.stdout
    assert re.fullmatch(
        r"error: .*b.jpg is not an image .* Its faces count as not found.", result.stderr.splitlines()[-1]
    )
    assert json.loads(kept.read_text()).keys() == {f"{name}.jpg" for name in IMAGES} - {"0--Parade/b.jpg"}


def test_size_must_be_a_multiple_of_32(data, found):
    assert_fails(evaluate("--from-detections", found, "--data", data, "--image-size", "650"), "not a multiple of 32")


@pytest.mark.parametrize("option", [["--limit", "0"], ["--num-threads", "-1"]])
def test_counts_must_be_positive(data, found, option):
    result = evaluate("--from-detections", found, "--data", data, *option)
    assert result.returncode == 2
    assert "should be 1 or more" in result.stderr


def write_landmarked(folder):
    """Training data of 64 grey images, some of which training holds out, with one marked face each."""
    folder.mkdir()
    points = " ".join(f"{x} {y} 0" for x, y in ((30, 30), (60, 30), (45, 45), (33, 60), (57, 60)))
    (folder / "label.txt").write_text("\n".join(f"# {n}.png\n10 10 70 70 {points} 1" for n in range(64)))
    for n in range(64):
        cv2.imwrite(str(folder / f"{n}.png"), np.full((96, 96, 3), 128, np.uint8))
    return folder


def test_landmarks_of_two_models_stand_side_by_side_without_a_bad_picture(run_folder, lamp_float, tmp_path):
    data, figures = write_landmarked(tmp_path / "faces"), tmp_path / "figures.json"
    bad, count = damage_a_held_out_picture(data)
    result = measure("--landmarks", "--model", run_folder, lamp_float, "--data", data, "--json", figures)
    assert_told(result, bad)
    assert "faces that all find" in result.stdout
    values = json.loads(figures.read_text())
    assert list(values["files"]) == [str(run_folder), str(lamp_float)]
    assert (values["images"], values["faces"]) == (count - 1, count - 1)


def test_data_without_landmarks_are_named(data, tmp_path):
    (tmp_path / "label.txt").write_text("# a.png\n10 10 70 70\n")
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((96, 96, 3), np.uint8))
    assert_fails(evaluate("--landmarks", "--model", "m.tflite", "--data", tmp_path), str(tmp_path), "landmarks")


def test_options_of_one_measure_are_refused_for_the_other(data):
    both = evaluate("--landmarks", "--model", "m.tflite", "--data", data, "--plot", "pr.png")
    several = evaluate("--model", "a.tflite", "b.tflite", "--data", data)
    assert (both.returncode, several.returncode) == (2, 2)
    assert "--plot has no meaning with --landmarks" in both.stderr
    assert "several models" in several.stderr


def test_a_model_is_not_compared_with_itself(data):
    result = evaluate("--landmarks", "--model", "m.tflite", "m.tflite", "--data", data)
    assert result.returncode == 2
    assert "m.tflite is named twice" in result.stderr
