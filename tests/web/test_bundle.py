import importlib.util
import json
import shutil

import pytest

from ffkeras.conversion.apply_target import apply_target
from ffkeras.conversion.targets import TARGETS
from ffkeras.errors import UserError
from ffkeras.images import list_images, read_image
from ffkeras.runtime import FaceDetector, read_metadata
from ffkeras.web.bundle import INDEX, bundle_models, make_web_model, web_name
from tests.web.places import DEMO, ROOT

DEMO_MODELS = DEMO / "models"
_spec = importlib.util.spec_from_file_location("bundle_web", ROOT / "tools" / "bundle_web.py")
bundle_web = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bundle_web)


@pytest.fixture(scope="module")
def photographs():
    return [read_image(path) for path in list_images([bundle_web.PHOTOGRAPHS])]


def test_the_demo_carries_the_released_model_as_one_command_makes_it(tmp_path):
    bundle_web.main(["--output", str(tmp_path)])
    for made in tmp_path.iterdir():
        kept = DEMO_MODELS / made.name
        assert kept.is_file(), f"{kept} is missing; run tools/bundle_web.py"
        assert kept.read_bytes() == made.read_bytes(), f"{kept} is not of the released file; run tools/bundle_web.py"


def test_the_index_lists_the_files_in_the_order_given(web_models):
    index = json.loads((web_models / INDEX).read_text())
    assert index["format"] == 1
    files = [entry["file"] for entry in index["models"]]
    assert files[0] == "nano_b_fast_320_web.tflite"
    assert {path.name for path in web_models.glob("*.tflite")} == set(files)
    assert all((web_models / entry["file"]).stat().st_size == entry["bytes"] for entry in index["models"])


def test_a_model_for_the_web_finds_the_same_faces_behind_float32_borders(released, web_models, photographs):
    model = web_models / "nano_b_fast_320_web.tflite"
    record = read_metadata(model.read_bytes(), model.name)
    assert (record.borders, record.quantization) == ("float32", "int8")
    detectors = [FaceDetector(released / "nano_b_fast_320_int8.tflite"), FaceDetector(model)]
    found = [[face.to_json() for image in photographs for face in detector.detect(image)] for detector in detectors]
    assert found[0]
    assert found[0] == found[1]


def test_a_float32_file_is_taken_as_it_is(released, photographs):
    model = (released / "nano_b_640_float32.tflite").read_bytes()
    assert make_web_model(model, "the model", photographs) == model


def test_a_file_that_decodes_is_refused(released, photographs):
    decoded = apply_target((released / "nano_b_fast_320_int8.tflite").read_bytes(), TARGETS["phone"])
    with pytest.raises(UserError, match="phone.tflite decodes in the file.*bundle the int8 file"):
        make_web_model(decoded, "phone.tflite", photographs)


def test_names_say_web_in_the_place_of_the_kind(tmp_path):
    names = ["a_int8.tflite", "a_640_float32.tflite", "a_web.tflite", "a.tflite"]
    assert [web_name(tmp_path / name) for name in names] == [
        "a_web.tflite",
        "a_640_web.tflite",
        "a_web.tflite",
        "a_web.tflite",
    ]


def test_two_files_of_one_name_are_refused_before_anything_is_written(released, tmp_path, photographs):
    model = released / "nano_b_fast_320_int8.tflite"
    (tmp_path / "other").mkdir()
    shutil.copy(model, tmp_path / "other" / model.name)
    with pytest.raises(UserError, match="two of the given files would be nano_b_fast_320_web.tflite"):
        bundle_models([model, tmp_path / "other" / model.name], tmp_path / "models", photographs)
    assert not (tmp_path / "models").exists()


def test_a_bad_file_among_good_ones_leaves_the_folder_as_it_was(released, tmp_path, photographs):
    (tmp_path / "letter.tflite").write_bytes(b"Dear all, this is no model.")
    with pytest.raises(UserError, match="letter.tflite is not a TFLite file"):
        bundle_models(
            [released / "nano_b_fast_320_int8.tflite", tmp_path / "letter.tflite"], tmp_path / "models", photographs
        )
    assert not (tmp_path / "models").exists()


def test_a_folder_that_cannot_be_written_shows_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="nothing can be written below it"):
        bundle_web.main([str(tmp_path / "none.tflite"), "--output", str(tmp_path / "file")])
