"""The example for TFLite Micro, built as installed, on stand-ins for its headers that play golden outputs."""

import json
import os
import re
import shutil
import subprocess
import zlib

import pytest
from golden_answers import ROOT, WIDTHS, answers, smallest_model
from pictures import copy_as_bmp

from ffkeras.firmware import read_model_info
from ffkeras.images import read_image

pytest.importorskip("tflite_micro", reason="tflite-micro is not installed (Linux on x86-64)")

INSTALL = ROOT / "tflite" / "micro" / "tflm" / "install.sh"
STAND_IN = ROOT / "tests" / "micro" / "tflm_stand_in"
EXAMPLE = "tensorflow/lite/micro/examples/face_detection"
ARENA = r"arena: \d+ of \d+ bytes in use\n"
RESOLVER = """
#include "tensorflow/lite/micro/micro_interpreter.h"

namespace tflite {{

template <unsigned int kLimit>
class MicroMutableOpResolver : public MicroOpResolver {{
 public:
{methods}

 private:
  TfLiteStatus Count() {{ return ++count_ <= kLimit ? kTfLiteOk : kTfLiteError; }}
  unsigned int count_ = 0;
}};

}}  // namespace tflite
"""


def install(kind, folder, model=None):
    command = ["bash", INSTALL, kind, folder, model or smallest_model()]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    tree = tmp_path_factory.mktemp("tflite-micro")
    shutil.copytree(STAND_IN, tree, dirs_exist_ok=True)
    (tree / EXAMPLE).parent.mkdir()
    (tree / EXAMPLE).mkdir()
    (tree / EXAMPLE / "left_from_before.cc").write_text("this does not compile")
    result = install("tree", tree)
    assert result.returncode == 0, result.stderr
    return tree


@pytest.fixture(scope="module")
def program(tree, tmp_path_factory):
    folder = tmp_path_factory.mktemp("objects")
    (header,) = (tree / EXAMPLE).glob("*_model.h")
    methods = sorted(set(re.findall(r"resolver\.(\w+)\(\)", header.read_text())))
    resolver = RESOLVER.format(methods="\n".join(f"  TfLiteStatus {name}() {{ return Count(); }}" for name in methods))
    (tree / "tensorflow/lite/micro/micro_mutable_op_resolver.h").write_text(resolver)
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-fsanitize=address,undefined", "-g"]
    sources = (tree / EXAMPLE).iterdir()
    for source in sources:
        if source.suffix in (".c", ".cc"):
            language = ["gcc", "-std=c99"] if source.suffix == ".c" else ["g++", "-std=c++17"]
            command = [*language, *warnings, "-I", tree, "-c", source, "-o", folder / f"{source.name}.o"]
            subprocess.run(list(map(str, command)), check=True)
    command = ["g++", *warnings, *folder.glob("*.o"), "-o", folder / "faces"]
    subprocess.run(list(map(str, command)), check=True)
    return folder / "faces"


def call(program, folder, answer, *pictures, **environment):
    """Run the example with the raw outputs of one answer."""
    facts = read_model_info(smallest_model().read_bytes(), smallest_model().name)
    data = answer.outputs.read_bytes()
    classes = len(data) // answer.anchors - sum(WIDTHS.values())
    outputs = {}
    for name, width in {"classification": classes, **WIDTHS}.items():
        values, data = data[: width * answer.anchors], data[width * answer.anchors :]
        path = folder / name
        path.write_bytes(values)
        outputs[f"OUTPUT_{facts.outputs[name].index}"] = str(path)
    height, width = facts.record.image_size
    taken = {"INPUT": str(folder / "input"), "INPUT_SIZE": str(3 * height * width)}
    variables = {**os.environ, **taken, **outputs, **environment}
    command = [program, *pictures]
    return subprocess.run(list(map(str, command)), env=variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["astronaut", "crowd", "rocket", "pixel"])
def test_the_example_gives_the_network_the_golden_input_and_prints_the_golden_faces(program, tmp_path, name):
    answer = answers(smallest_model())[name]
    result = call(program, tmp_path, answer, copy_as_bmp(tmp_path / "picture.bmp", answer.picture))
    assert result.returncode == 0 and re.fullmatch(ARENA, result.stderr)
    printed = json.loads(result.stdout)
    answer.assert_same_faces(printed)
    assert (printed["height"], printed["width"]) == read_image(answer.picture).shape[:2]
    height, width = read_model_info(smallest_model().read_bytes(), "model").record.image_size
    written = (tmp_path / "input").read_bytes()[: 3 * height * width]
    assert f"{zlib.crc32(written):08x}" == answer.input_crc32


def test_several_pictures_are_answered_in_turn_and_a_bad_one_is_told(program, tmp_path):
    answer = answers(smallest_model())["astronaut"]
    picture = copy_as_bmp(tmp_path / "picture.bmp", answer.picture)
    (tmp_path / "cut.bmp").write_bytes(picture.read_bytes()[:1000])
    result = call(program, tmp_path, answer, picture, tmp_path / "cut.bmp", tmp_path / "missing.bmp", picture)
    assert result.returncode == 1
    decoder, text, found = json.JSONDecoder(), result.stdout.strip(), []
    while text:
        printed, end = decoder.raw_decode(text)
        found, text = [*found, printed], text[end:].strip()
    assert len(found) == 2 and found[0] == found[1]
    assert result.stderr.splitlines()[1:] == [
        f"error: {tmp_path / 'cut.bmp'} is truncated; copy it again.",
        f"error: cannot read {tmp_path / 'missing.bmp'}: No such file or directory; check the path.",
    ]


def test_an_arena_that_is_too_small_is_told(program, tmp_path):
    answer = answers(smallest_model())["pixel"]
    picture = copy_as_bmp(tmp_path / "picture.bmp", answer.picture)
    result = call(program, tmp_path, answer, picture, ARENA_TOO_SMALL="1")
    assert result.returncode == 1
    assert re.search(r"error: the arena is too small; give it model::kArenaSize = \d+ bytes.", result.stderr)


def test_a_graph_with_other_tensors_than_the_header_says_is_told_before_a_picture_is_written(program, tmp_path):
    answer = answers(smallest_model())["pixel"]
    picture = copy_as_bmp(tmp_path / "picture.bmp", answer.picture)
    boxes, landmarks = (str(tmp_path / name) for name in ("bbox_regression", "landmarks"))
    info = read_model_info(smallest_model().read_bytes(), smallest_model().name)
    places = [f"OUTPUT_{info.outputs[name].index}" for name in ("bbox_regression", "landmarks")]
    for change in ({"INPUT_SIZE": "307200"}, {"FLOATS": "1"}, dict(zip(places, (landmarks, boxes), strict=True))):
        result = call(program, tmp_path, answer, picture, **change)
        assert result.returncode == 1
        assert "error: the graph has other tensors than its header says; make both again" in result.stderr
        assert not (tmp_path / "input").exists()


def test_the_example_says_how_it_is_called(program, tmp_path):
    result = call(program, tmp_path, answers(smallest_model())["pixel"])
    assert result.returncode == 1 and result.stderr.startswith("usage: ")


def test_a_project_for_an_esp32_has_all_that_it_includes(tmp_path):
    project = tmp_path / "new" / "faces"
    result = install("esp32s3", project)
    assert result.returncode == 0, result.stderr
    sources = {path.name: path.read_text() for path in (project / "main").iterdir()}
    theirs = {"esp_attr.h", "esp_camera.h", "esp_log.h"}
    included = {name for text in sources.values() for name in re.findall(r'#include "([\w.]+)"', text)}
    assert included - theirs <= set(sources)
    assert {"CMakeLists.txt", "sdkconfig.defaults", "main"} == {path.name for path in project.iterdir()}
    again = install("esp32s3", project)
    assert again.returncode == 1 and "is there already" in again.stderr


def test_folders_and_files_that_cannot_be_used_are_refused_and_left_alone(tmp_path):
    assert "is not a TFLite Micro tree" in install("tree", tmp_path).stderr
    (tmp_path / "bad.tflite").write_text("no model")
    project = tmp_path / "project"
    result = install("esp32s3", project, tmp_path / "bad.tflite")
    assert result.returncode == 1 and "bad.tflite is not a TFLite file" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.tflite"]
