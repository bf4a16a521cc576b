"""The demo in headless Chromium: the same faces as Python, frames per second, and bad input."""

import base64
import shutil

import cv2
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from PIL import Image

from ffkeras.compare.faces import NEAR_THRESHOLD, match_faces
from ffkeras.golden.make import faces_of
from ffkeras.images import read_image
from ffkeras.runtime import FaceDetector, read_metadata
from ffkeras.tflite_file.pack import pack_model
from ffkeras.tflite_file.record import write_metadata
from tests.web.places import DEMO

pytestmark = pytest.mark.device

PIXELS = 1  # of the picture: as far as a box may be from Python's
FIRST = "nano_b_fast_320"
MARK_GREEN = (60, 220, 80)


@pytest.fixture(scope="module")
def opened(open_demo, browser):
    return open_demo(browser)


@pytest.fixture
def page(opened, golden_folder):
    """One page for many tests, because each one compiles ten megabytes; brought back to its first model.

    It shows the picture of one pixel: a test that opens another does not mistake an older answer for its own.
    """
    opened.wait_for_model()
    opened.choose_model(FIRST)
    opened.set_threshold(0.5)
    opened.open_picture(golden_folder / "images" / "pixel.png")
    return opened


def check_faces(expected, found, threshold):
    """The same faces within a pixel; only those near the threshold may come or go."""
    matches = match_faces(expected, found)
    alone = [face for number, face in enumerate(expected) if number not in matches]
    alone += [face for number, face in enumerate(found) if number not in matches.values()]
    assert all(face.score < threshold + NEAR_THRESHOLD for face in alone)
    for number, other in matches.items():
        np.testing.assert_allclose(found[other].box, expected[number].box, atol=PIXELS)
        np.testing.assert_allclose(found[other].landmarks, expected[number].landmarks, atol=PIXELS)
    scores = [face.score for face in found]
    assert scores == sorted(scores, reverse=True)


def test_every_model_finds_the_golden_faces_in_every_golden_picture(page, golden, golden_folder):
    for model in golden["models"]:
        page.choose_model(model["file"].removesuffix("_int8.tflite"))
        page.set_threshold(model["score_threshold"])
        for result in model["results"]:
            picture = golden_folder / result["image"]
            page.open_picture(golden_folder / "images" / "pixel.png")
            page.open_picture(picture)
            found, record = page.faces()
            assert record["image"] == picture.name
            check_faces(faces_of(result["optimized"]), found, model["score_threshold"])
    assert not page.has_error()


def test_browsers_without_relaxed_simd_find_the_golden_faces(
    open_demo, browser, serve, demo, tmp_path, golden, golden_folder
):
    """Chromium has it: the other WebAssembly file is put in the place of the one that it would take."""
    shutil.copytree(demo, tmp_path / "demo")
    vendor = tmp_path / "demo" / "vendor" / "litert"
    for suffix in ("js", "wasm.gz"):
        shutil.copy(vendor / f"litert_wasm_compat_internal.{suffix}", vendor / f"litert_wasm_internal.{suffix}")
    page = open_demo(browser, serve(tmp_path / "demo"))
    page.wait_for_model()
    (model,) = [entry for entry in golden["models"] if entry["file"] == f"{FIRST}_int8.tflite"]
    for result in model["results"]:
        page.open_picture(golden_folder / result["image"])
        check_faces(faces_of(result["optimized"]), page.faces()[0], model["score_threshold"])


def test_a_lower_threshold_shows_what_python_finds_there(page, golden_folder, web_models):
    picture = golden_folder / "images" / "crowd.png"
    page.open_picture(picture)
    before, _ = page.faces()
    page.set_threshold(0.3)
    page.wait_for("#status", rf"^(?!{len(before)} )\d")
    found, _ = page.faces()
    assert len(found) > len(before)
    expected = FaceDetector(web_models / f"{FIRST}_web.tflite", score_threshold=0.3).detect(read_image(picture))
    check_faces(expected, found, 0.3)


def test_the_lowest_threshold_on_a_crowd_is_survived(page, golden_folder):
    page.open_picture(golden_folder / "images" / "crowd.png")
    page.set_threshold(0.05)
    page.wait_for("#status", r"^(6[1-9]|[7-9]\d|\d{3,}) ")
    assert not page.has_error()


def test_the_model_gives_the_threshold_until_the_user_does(open_demo, browser, golden):
    page = open_demo(browser)
    page.wait_for_model()
    (first,) = [entry for entry in golden["models"] if entry["file"] == f"{FIRST}_int8.tflite"]
    assert page.page.text_content("#threshold-value") == f"{first['score_threshold']:.2f}"
    page.set_threshold(0.7)
    page.choose_model("v2_ultra_320")
    assert page.page.text_content("#threshold-value") == "0.70"


def test_the_model_says_what_it_is(page):
    assert page.page.text_content("#model-facts") == "Nano-B · 320 × 320 · int8 · Apache-2.0"
    page.choose_model("v2_ultra_320")
    assert page.page.text_content("#model-facts") == "V2 Ultra · 320 × 320 · int8 · Apache-2.0"


def test_boxes_and_landmarks_are_drawn_in_place(page, golden_folder):
    page.open_picture(golden_folder / "images" / "astronaut.png")
    (face,), record = page.faces()
    places = {"left": [face.box[0], face.box[1:4:2].mean()], "right": [face.box[2], face.box[1:4:2].mean()]}
    for place in places.values():
        assert mark_at(page, place, record) == pytest.approx(MARK_GREEN, abs=25)
    nose = mark_at(page, face.landmarks[2], record)
    assert nose[0] > 200 and nose[2] < 80  # yellow
    assert mark_at(page, face.box[:2] - 12, record) is None


def mark_at(page, point, record):
    """RGB of the mark at a point of the picture; None where there is none."""
    script = """([x, y]) => {
        const marks = document.getElementById("marks");
        const place = [x * marks.width, y * marks.height].map(Math.floor);
        return Array.from(marks.getContext("2d").getImageData(...place, 1, 1).data);
    }"""
    relative = [float(point[0]) / record["width"], float(point[1]) / record["height"]]
    *colour, alpha = page.page.evaluate(script, relative)
    return tuple(colour) if alpha else None


def test_each_step_is_timed(page, golden_folder):
    page.open_picture(golden_folder / "images" / "astronaut.png")
    rows = page.page.locator("#times tr").all()
    times = {row.locator("th").text_content(): row.locator("td").text_content() for row in rows}
    assert float(times["Network"]) > 0
    assert float(times["In all"]) >= float(times["Network"])
    assert times["Read the pixels"] == "–"


def test_a_picture_is_turned_upright_by_its_exif_orientation(page, golden_folder, released, tmp_path):
    upright = Image.open(golden_folder / "images" / "grace_hopper.png").convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: to be shown a quarter clockwise
    turned = tmp_path / "turned.jpg"
    upright.transpose(Image.Transpose.ROTATE_90).save(turned, quality=95, subsampling=0, exif=exif)
    assert page.open_picture(turned) == f"1 face in turned.jpg, {upright.width} × {upright.height} pixels."
    found, _ = page.faces()
    expected = FaceDetector(released / f"{FIRST}_int8.tflite", score_threshold=0.5).detect(read_image(turned))
    check_faces(expected, found, 0.5)


def test_a_dropped_picture_is_opened(page, golden_folder):
    drop(page, golden_folder / "images" / "astronaut.png", "image/png")
    assert page.status_about("astronaut.png").startswith("1 face ")


def test_a_dropped_model_is_used(page, web_models):
    drop(page, web_models / "v2_ultra_320_web.tflite", "")
    page.wait_for("#model-facts", "^V2 Ultra")
    assert page.page.locator("#model option:checked").text_content() == "v2_ultra_320"


def drop(page, path, kind):
    transfer = page.page.evaluate_handle(
        """([content, name, type]) => {
            const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name, { type }));
            return transfer;
        }""",
        [base64.b64encode(path.read_bytes()).decode(), path.name, kind],
    )
    page.page.dispatch_event("#stage", "dragover", {"dataTransfer": transfer})
    page.page.dispatch_event("#stage", "drop", {"dataTransfer": transfer})


def test_all_controls_work_by_keyboard(page, golden_folder):
    keyboard = page.page.keyboard
    with page.page.expect_file_chooser() as chooser:
        focus_by_tab(page, "open-picture")
        keyboard.press("Enter")
    chooser.value.set_files(golden_folder / "images" / "astronaut.png")
    page.status_about("astronaut.png")
    focus_by_tab(page, "model")
    keyboard.press("ArrowDown")
    page.wait_for("#model-facts", "^(?!Nano-B · 320 × 320 · int8 · Apache-2.0$)")
    page.wait_for_model()
    focus_by_tab(page, "threshold")
    keyboard.press("ArrowLeft")
    assert page.page.text_content("#threshold-value") == "0.49"
    focus_by_tab(page, "webcam")
    keyboard.press("Space")
    assert "There is no webcam" in page.error()


def focus_by_tab(page, name):
    for _ in range(20):
        if page.page.evaluate("document.activeElement.id") == name:
            return
        page.page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name}")


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_runs_out_of_a_narrow_screen(page, golden_folder, width):
    page.page.set_viewport_size({"width": width, "height": 700})
    page.open_picture(golden_folder / "images" / "crowd.png")
    page.faces()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width


def test_everything_comes_from_the_page_s_own_address(open_demo, browser, golden_folder, serve):
    """The folder as it is in the repository, with the one model that it carries; `open_demo` looks at the requests."""
    page = open_demo(browser, serve(DEMO))
    page.wait_for_model()
    assert page.open_picture(golden_folder / "images" / "astronaut.png").startswith("1 face ")


def test_a_page_opened_as_a_file_says_what_to_do(browser, demo):
    context = browser.new_context()
    opened = context.new_page()
    opened.goto((demo / "index.html").as_uri())
    sentence = opened.text_content("#error")
    context.close()
    assert sentence == (
        "This page works from a web server only: run `python tools/serve_web.py` and open the address that it prints."
    )


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("letter.png", b"Dear all, this is no picture.", "letter.png is not a picture that this browser can read"),
        ("empty.png", b"", "empty.png is empty; open another picture."),
    ],
)
def test_a_file_that_is_no_picture_is_refused_and_the_page_goes_on(page, golden_folder, tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    page.page.set_input_files("#picture-file", tmp_path / name)
    assert words in page.error()
    assert page.open_picture(golden_folder / "images" / "astronaut.png").startswith("1 face ")
    assert not page.has_error()


def test_a_picture_without_a_face_and_one_of_one_pixel_are_told(page, golden_folder):
    assert page.open_picture(golden_folder / "images" / "rocket.png") == "No face in rocket.png, 320 × 213 pixels."
    assert page.open_picture(golden_folder / "images" / "pixel.png") == "No face in pixel.png, 1 × 1 pixels."
    assert page.faces()[0] == []


def test_a_tall_picture_keeps_its_proportions(page, golden_folder, tmp_path):
    face = read_image(golden_folder / "images" / "grace_hopper.png")
    tall = np.full((8 * face.shape[0], *face.shape[1:]), 128, np.uint8)
    tall[: face.shape[0]] = face
    cv2.imwrite(str(tmp_path / "tall.png"), tall)
    page.open_picture(tmp_path / "tall.png")
    shown = page.page.locator("#picture").bounding_box()
    assert shown["height"] / shown["width"] == pytest.approx(tall.shape[0] / tall.shape[1], rel=0.02)
    marks = page.page.locator("#marks").bounding_box()
    assert marks == pytest.approx(shown, abs=0.1)


def test_a_picture_too_large_for_a_canvas_is_reduced(page, tmp_path):
    image = np.full((4500, 6000, 3), 90, np.uint8)
    cv2.imwrite(str(tmp_path / "large.jpg"), image)
    assert page.open_picture(tmp_path / "large.jpg") == "No face in large.jpg, 4618 × 3464 pixels, reduced from more."


def unlike(model, build):
    """A model whose graph is changed, with a record and checksum that fit."""
    tree = schema.ModelT.InitFromPackedBuf(model)
    build(tree)
    return write_metadata(pack_model(tree), read_metadata(model, "the model"))


def forget_operation(tree):
    tree.operatorCodes[0].deprecatedBuiltinCode = tree.operatorCodes[0].builtinCode = schema.BuiltinOperator.CUSTOM
    tree.operatorCodes[0].customCode = b"unheard_of"


def bad_models(web_models, released):
    model = (web_models / f"{FIRST}_web.tflite").read_bytes()
    return {
        "letter.tflite": (b"Dear all, this is no model.", "is not a TFLite file, or is truncated"),
        "cut.tflite": (model[: len(model) // 2], "is not a TFLite file, or is truncated"),
        "damaged.tflite": (model[:150_000] + b"????" + model[150_004:], "is damaged: its bytes do not give"),
        "other.tflite": (model.replace(b"ffkeras\0", b"someone\0"), "without an ffkeras record"),
        "int8.tflite": ((released / f"{FIRST}_int8.tflite").read_bytes(), "takes int8, which LiteRT.js refuses"),
        "unheard_of.tflite": (unlike(model, forget_operation), "cannot be run by LiteRT.js"),
    }


def test_a_bad_model_is_refused_and_the_one_in_use_goes_on(page, golden_folder, web_models, released, tmp_path):
    picture = golden_folder / "images" / "astronaut.png"
    page.open_picture(picture)
    before, _ = page.faces()
    for name, (content, words) in bad_models(web_models, released).items():
        (tmp_path / name).write_bytes(content)
        page.open_model(tmp_path / name)
        sentence = page.error()
        assert sentence.startswith(name)
        assert words in sentence
        page.wait_for_model()
        assert page.page.locator("#model option:checked").text_content() == FIRST
        page.open_picture(golden_folder / "images" / "pixel.png")
        page.open_picture(picture)
        assert not page.has_error()
        check_faces(before, page.faces()[0], 0.5)


def test_a_model_of_another_network_can_be_opened(page, golden_folder, released):
    page.open_model(released / "nano_b_640_float32.tflite")
    page.wait_for("#model-facts", "float32")
    assert page.open_picture(golden_folder / "images" / "astronaut.png").startswith("1 face ")


def test_missing_models_are_named_and_one_of_the_user_s_own_works(
    open_demo, browser, serve, demo, tmp_path, golden_folder, web_models
):
    shutil.copytree(demo, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("models"))
    page = open_demo(browser, serve(tmp_path))
    assert page.error() == (
        "index.json cannot be loaded, the server answers 404; "
        "run tools/bundle_web.py, or open a .tflite file of your own."
    )
    page.page.set_input_files("#picture-file", golden_folder / "images" / "astronaut.png")
    page.wait_for("#error", "^No model is loaded")
    page.open_model(web_models / f"{FIRST}_web.tflite")
    assert page.status_about("astronaut.png").startswith("1 face ")
    assert not page.has_error()


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (
            "*.wasm.gz",
            "wasm.gz cannot be loaded, the server answers 404; restore the files with",
        ),
        ("litert_wasm*.js", "LiteRT.js cannot be started"),
        ("litert.js", "The detector's scripts cannot be loaded"),
    ],
)
def test_a_missing_part_of_the_runtime_is_told(open_demo, browser, serve, demo, tmp_path, pattern, words):
    shutil.copytree(demo, tmp_path / "demo")
    for path in (tmp_path / "demo" / "vendor" / "litert").glob(pattern):
        path.unlink()
    page = open_demo(browser, serve(tmp_path / "demo"))
    assert words in page.error()


def test_a_damaged_runtime_is_told(open_demo, browser, serve, demo, tmp_path):
    shutil.copytree(demo, tmp_path / "demo")
    for path in (tmp_path / "demo" / "vendor" / "litert").glob("*.wasm.gz"):
        path.write_bytes(path.read_bytes()[:100_000])
    page = open_demo(browser, serve(tmp_path / "demo"))
    assert "LiteRT.js cannot be started" in page.error()
