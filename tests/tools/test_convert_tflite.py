import dataclasses
import importlib.util
from pathlib import Path

import pytest

from ffkeras.commands import convert
from ffkeras.conversion import validation
from ffkeras.conversion.xnnpack_passes import has_xnnpack_forms
from ffkeras.errors import UserError
from ffkeras.models import NanoBConfig
from ffkeras.models.build import build_model
from ffkeras.models.saving import save_run
from ffkeras.runtime import FaceDetector
from ffkeras.tflite_file.graph import TfliteGraph
from tests.tool import call_tool, run_tool

RUN = Path("run")
PHOTOS = Path(__file__).resolve().parents[1] / "data" / "photos"
SMALL = NanoBConfig(pyramid_layers=1, attention=False, scale_decoupling=False, mse_fpn=False, assn=False, context=False)


def assert_refused(match, *arguments):
    """Run the tool in this process, which spares the imports."""
    with pytest.raises(UserError, match=match):
        convert.main([str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "small"
    save_run(build_model(SMALL), folder)
    return folder


def test_an_int8_file_is_written_under_a_name_that_tells_what_it_is(run, tmp_path):
    result = run_tool(
        "convert_tflite", "--int8", "--weights", run, "--image-size", "64x96", "--calibration", PHOTOS / "coffee.jpg",
        PHOTOS / "rocket.jpg", "--calibration-count", 6, "--license", "MIT", folder=tmp_path,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    path = tmp_path / "output" / "nano_b_64x96_int8.tflite"
    assert list(path.parent.iterdir()) == [path]
    record = FaceDetector(path).metadata
    assert (record.quantization, record.image_size, record.license) == ("int8", (64, 96), "MIT")
    for words in ("bytes from", "CONV_2D", "relative error on the best anchors", "on 32 images", "wrote output"):
        assert words in result.stdout


def test_names_of_layers_are_kept_for_those_who_ask_and_the_threshold_is_the_one_given(run, tmp_path):
    names = {}
    for options in ((), ("--keep-names",)):
        path = tmp_path / "model.tflite"
        arguments = ["--weights", run, "--image-size", 64, "--validation", PHOTOS, "--output", path, *options]
        convert.main([*map(str, arguments), "--score-threshold", "0.3"])
        assert FaceDetector(path).score_threshold == 0.3
        names[options] = [tensor.name for tensor in TfliteGraph(path.read_bytes()).tensors if tensor.name]
    borders = {b"image", b"classification", b"bbox_regression", b"landmarks"}
    assert set(names[()]) == borders
    assert sum(b"conv2d" in name for name in names["--keep-names",]) > 20


@pytest.mark.slow
def test_a_c_array_is_written_beside_the_file(run, tmp_path, capsys):
    pytest.importorskip("tflite_micro", reason="tflite-micro is not installed (Linux on x86-64)")
    arguments = ["--int8", "--weights", run, "--image-size", 64, "--calibration-count", 2]
    arguments += ["--validation", PHOTOS / "astronaut.jpg", "--output", tmp_path / "small.tflite"]
    arguments += ["--c-array", tmp_path / "firmware"]
    convert.main(list(map(str, arguments)))
    written = sorted((tmp_path / "firmware").iterdir())
    assert [path.name for path in written] == ["small_model.cc", "small_model.h"]
    assert f"wrote {written[0]}" in capsys.readouterr().out
    assert not has_xnnpack_forms((tmp_path / "small.tflite").read_bytes())
    size = (tmp_path / "small.tflite").stat().st_size
    assert f"kModelSize = {size};" in written[1].read_text()


def test_a_c_array_of_a_float_file_is_a_mistake(run, tmp_path):
    result = call_tool("convert_tflite", "--weights", run, "--c-array", tmp_path)
    assert result.returncode == 2
    assert "--c-array has a meaning with --int8 only" in result.stderr


def test_a_c_array_without_tflite_micro_is_refused_before_the_work(run, tmp_path, monkeypatch, capsys):
    from ffkeras.firmware import arena

    monkeypatch.setattr(arena.importlib.util, "find_spec", lambda name: None)
    arguments = ("--int8", "--weights", run, "--output", tmp_path / "m.tflite", "--c-array", tmp_path)
    assert_refused("pip install tflite-micro", *arguments)
    assert capsys.readouterr().out == ""


def test_post_training_without_int8_is_a_mistake(capsys):
    with pytest.raises(SystemExit) as ended:
        convert.parse_arguments(["--post-training"], weights=RUN)
    assert ended.value.code == 2
    assert "--post-training has a meaning with --int8 or --target only" in capsys.readouterr().err


def test_a_file_that_disagrees_is_not_kept(run, tmp_path, monkeypatch):
    monkeypatch.setattr(validation, "FLOAT_ERROR", -1.0)
    output = tmp_path / "model.tflite"
    match = "not kept.*classification, largest relative error is .* not at most -1"
    assert_refused(match, "--weights", run, "--image-size", "32", "--validation", PHOTOS, "--output", output)
    assert list(tmp_path.iterdir()) == []


def test_a_size_that_does_not_fit_is_one_sentence(run):
    result = call_tool("convert_tflite", "--weights", run, "--image-size", "100")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("error: image size '100' is not a multiple of 32")
    assert result.stderr.count("\n") == 1


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    assert_refused(f"{tmp_path} is not a run folder", "--weights", tmp_path)


def test_weights_of_another_configuration_are_refused(run, tmp_path):
    save_run(build_model(dataclasses.replace(SMALL, context=True)), tmp_path / "other")
    (tmp_path / "other" / "model.json").write_text((run / "model.json").read_text())
    assert_refused("configuration.*model.json", "--weights", tmp_path / "other")


def test_a_missing_calibration_folder_is_named(run, tmp_path):
    assert_refused("nowhere does not exist", "--int8", "--weights", run, "--calibration", tmp_path / "nowhere")


def test_a_calibration_file_that_is_no_image_is_named(run, tmp_path):
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8\xff")
    assert_refused("torn.jpg", "--int8", "--weights", run, "--calibration", tmp_path)


def test_an_output_that_cannot_be_written_shows_before_the_work(run, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    output = tmp_path / "file" / "model.tflite"
    assert_refused("nothing can be written below it", "--weights", run, "--validation", PHOTOS, "--output", output)
    assert "bytes from" not in capsys.readouterr().out


def test_calibration_without_int8_is_a_mistake(run):
    result = call_tool("convert_tflite", "--weights", run, "--calibration", PHOTOS)
    assert result.returncode == 2
    assert "--int8" in result.stderr


@pytest.mark.parametrize(
    ("target", "borders", "decoded", "words"),
    [
        ("phone", "int8", True, "boxes, largest difference to the raw file in pixels"),
        ("micro", "int8", False, "runs on TFLite Micro in an arena of"),
    ],
)
def test_a_target_chooses_borders_and_outputs(run, tmp_path, monkeypatch, capsys, target, borders, decoded, words):
    if target == "micro" and importlib.util.find_spec("tflite_micro") is None:
        pytest.skip("tflite-micro is not installed; it has wheels for Linux on x86-64 alone")
    monkeypatch.chdir(tmp_path)
    convert.main(
        ["--target", target, "--weights", str(run), "--image-size", "64", "--calibration-count", "4",
         "--calibration", str(PHOTOS), "--validation", str(PHOTOS)]
    )  # fmt: skip
    record = FaceDetector(tmp_path / "output" / f"nano_b_64_{target}.tflite").metadata
    assert (record.image_size, record.quantization) == ((64, 64), "int8")
    assert (record.borders, record.decoded) == (borders, decoded)
    assert words in capsys.readouterr().out


def test_a_target_brings_its_image_size_and_int8():
    options = convert.parse_arguments(["--target", "micro"], weights=RUN)
    assert (options.int8, options.image_size) == (True, (160, 160))
    assert convert.parse_arguments(["--target", "pi", "--image-size", "96"], weights=RUN).image_size == (96, 96)
    assert convert.parse_arguments([], weights=RUN).image_size == (640, 640)


def test_target_list_prints_the_profiles_and_ends(capsys):
    with pytest.raises(SystemExit) as ended:
        convert.parse_arguments(["--target", "list"], weights=RUN)
    assert ended.value.code == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == ["phone", "pi", "micro", "web"]


def test_an_unknown_target_is_a_mistake(capsys):
    with pytest.raises(SystemExit) as ended:
        convert.parse_arguments(["--target", "fridge"], weights=RUN)
    assert ended.value.code == 2
    assert "--target fridge is none of phone, pi, micro, web" in capsys.readouterr().err
