"""The demo's detection code under Node, held against Python's."""

import zlib

import numpy as np
import pytest

from ffkeras.compare.faces import differing_faces
from ffkeras.conversion.apply_target import apply_target
from ffkeras.conversion.targets import TARGETS
from ffkeras.geometry import AnchorConfig, letterbox, make_anchors
from ffkeras.golden.make import OUTPUT_ORDER, faces_of
from ffkeras.images import read_image
from ffkeras.runtime import Interpreter, decode_faces, read_metadata
from ffkeras.runtime.output import Output
from tests import forged

pytestmark = pytest.mark.device

SIZES = [(1, 1), (1, 900), (700, 1), (31, 33), (320, 320), (640, 640), (480, 640), (97, 1201), (1500, 1100), (213, 320)]
CANVASES = [(320, 320), (160, 160), (96, 640), (640, 352)]
ANCHORS = {"sizes": [[16, 32], [64, 128], [256, 512]], "strides": [8, 16, 32]}


def vector_outputs(path, interpreter_outputs):
    """Raw outputs of a golden file as float32, by name, as a file with float32 borders gives them."""
    values, found = np.frombuffer(path.read_bytes(), np.int8), {}
    for name in OUTPUT_ORDER:
        output = interpreter_outputs[name]
        count = output.values.size
        found[name] = Output(values[:count].reshape(output.values.shape), output.scale, output.zero_point).to_float()
        values = values[count:]
    assert not values.size
    return found


@pytest.fixture(scope="module")
def int8_outputs(released):
    """For each released int8 file, by name: its record, and its outputs' shapes and scales."""
    found = {}

    def look(file):
        if file not in found:
            interpreter = Interpreter(released / file)
            blank = np.zeros((*interpreter.image_size, 3), np.uint8)
            found[file] = (interpreter.metadata, interpreter.invoke(blank))
        return found[file]

    return look


@pytest.fixture
def decode_job(tmp_path):
    """Makes a decode job out of float32 outputs; all that it takes of the picture is its size."""
    count = iter(range(100_000))

    def make(outputs, record, source_size, score_threshold=None):
        image = np.zeros((*source_size, 3), np.uint8)
        _, fitted = letterbox(image, record.image_size, record.mean)
        files = {}
        for name, values in outputs.items():
            path = tmp_path / f"{next(count)}.f32"
            np.ascontiguousarray(values, np.float32).tofile(path)
            files[name] = str(path)
        return {
            "kind": "decode",
            "outputs": files,
            "anchors": {"sizes": record.anchors.sizes, "strides": record.anchors.strides},
            "imageSize": record.image_size,
            "scale": [fitted.scale_x, fitted.scale_y],
            "sourceSize": source_size,
            "scoreThreshold": record.score_threshold if score_threshold is None else score_threshold,
            "iouThreshold": record.iou_threshold,
        }

    return make


def test_the_letterbox_gives_the_bytes_of_opencv(run_detector, write_pixels):
    generator = np.random.default_rng(0)
    jobs, expected = [], []
    for number, size in enumerate([*SIZES, *(tuple(generator.integers(1, 900, 2)) for _ in range(30))]):
        image = generator.integers(0, 256, (*map(int, size), 3)).astype(np.uint8)
        image_size = CANVASES[number % len(CANVASES)]
        mean = (104.5, 117, 123) if number % 3 == 0 else (128, 128, 128)
        canvas, fitted = letterbox(image, image_size, mean)
        pixels = write_pixels(image, number)
        jobs.append({"kind": "letterbox", "pixels": pixels, "imageSize": image_size, "mean": mean})
        expected.append((f"{zlib.crc32(canvas.tobytes()):08x}", [fitted.scale_x, fitted.scale_y]))
    found = [(answer["canvas"], answer["scale"]) for answer in run_detector(jobs)]
    assert found == expected


def test_the_input_of_every_golden_picture_has_its_checksum(
    golden, golden_folder, int8_outputs, run_detector, write_pixels
):
    pixels = {
        entry["file"]: write_pixels(read_image(golden_folder / entry["file"]), number)
        for number, entry in enumerate(golden["images"])
    }
    jobs, expected = [], []
    for model in golden["models"]:
        record, _ = int8_outputs(model["file"])
        for result in model["results"]:
            picture = pixels[result["image"]]
            jobs.append({"kind": "letterbox", "pixels": picture, "imageSize": model["image_size"], "mean": record.mean})
            expected.append(result["input_crc32"])
    assert [answer["input"] for answer in run_detector(jobs)] == expected


@pytest.mark.parametrize("size", [(96, 128), (320, 320)])
def test_anchors_are_those_of_python(run_detector, size):
    (found,) = run_detector([{"kind": "anchors", "config": ANCHORS, "imageSize": size}])
    expected = make_anchors(AnchorConfig(**ANCHORS), size)
    np.testing.assert_array_equal(np.array(found, np.float32).reshape(-1, 4), expected)


def test_golden_outputs_give_the_golden_faces(golden, golden_folder, int8_outputs, decode_job, run_detector):
    sizes = {entry["file"]: (entry["height"], entry["width"]) for entry in golden["images"]}
    jobs, expected = [], []
    for model in golden["models"]:
        record, outputs = int8_outputs(model["file"])
        for result in model["results"]:
            if result["outputs"]:
                values = vector_outputs(golden_folder / result["outputs"], outputs)
                jobs.append(decode_job(values, record, sizes[result["image"]]))
                expected.append((result["outputs"], result["reference"]))
    assert len(jobs) > 10
    for (name, faces), answer in zip(expected, run_detector(jobs), strict=True):
        assert differing_faces(faces_of(faces), faces_of(answer), pixels=0.5) is None, name


def test_fabricated_outputs_give_the_golden_faces(golden, golden_folder, int8_outputs, decode_job, run_detector):
    """No face, a thousand, ties, boxes that leave the picture, codes that overflow, a picture of one pixel."""
    jobs = []
    for case in golden["decoding"]:
        record, outputs = int8_outputs(case["model"])
        values = vector_outputs(golden_folder / case["outputs"], outputs)
        jobs.append(decode_job(values, record, (case["source_height"], case["source_width"])))
    for case, answer in zip(golden["decoding"], run_detector(jobs), strict=True):
        assert differing_faces(faces_of(case["faces"]), faces_of(answer), pixels=0.5) is None, case["outputs"]


def test_floats_beyond_int8_give_the_faces_of_python(int8_outputs, decode_job, run_detector):
    """Scores in two columns, sizes that overflow to infinity, and codes that are no numbers."""
    record, _ = int8_outputs("nano_b_micro_160_int8.tflite")
    generator = np.random.default_rng(1)
    face = generator.random((record.anchor_count, 1), np.float32)
    codes = generator.normal(0, 2, (record.anchor_count, 4)).astype(np.float32)
    codes[::50, 2:] = 1e4
    codes[1::50, 0] = np.nan
    outputs = {
        "classification": np.concatenate([1 - face, face], axis=1),
        "bbox_regression": codes,
        "landmarks": generator.normal(0, 2, (record.anchor_count, 10)).astype(np.float32),
    }
    (found,) = run_detector([decode_job(outputs, record, (301, 457), score_threshold=0.3)])
    _, fitted = letterbox(np.zeros((301, 457, 3), np.uint8), record.image_size, record.mean)
    anchors = make_anchors(record.anchors, record.image_size)
    thresholds = {"score_threshold": 0.3, "iou_threshold": record.iou_threshold}
    expected = decode_faces(outputs, anchors, record.image_size, fitted, **thresholds)
    assert len(expected) > 50
    assert differing_faces(expected, faces_of(found)) is None


def test_outputs_that_the_file_decoded_give_the_faces_of_python(
    golden, golden_folder, released, decode_job, run_detector
):
    interpreter = Interpreter(apply_target((released / "nano_b_fast_320_int8.tflite").read_bytes(), TARGETS["phone"]))
    record = interpreter.metadata
    jobs, expected = [], []
    for entry in golden["images"]:
        canvas, fitted = letterbox(read_image(golden_folder / entry["file"]), record.image_size, record.mean)
        outputs = interpreter.run(canvas)
        jobs.append(decode_job(outputs, record, (entry["height"], entry["width"])))
        thresholds = {"score_threshold": record.score_threshold, "iou_threshold": record.iou_threshold}
        anchors = make_anchors(record.anchors, record.image_size)
        expected.append(decode_faces(outputs, anchors, record.image_size, fitted, **thresholds))
    assert sum(map(len, expected)) > 10
    for faces, answer in zip(expected, run_detector(jobs), strict=True):
        assert differing_faces(faces, faces_of(answer), pixels=0.5) is None


def test_a_record_is_read_as_python_reads_it(released, web_models, run_detector):
    files = sorted([*released.glob("*.tflite"), *web_models.glob("*.tflite")])
    answers = run_detector([{"kind": "record", "file": str(file), "name": file.name} for file in files])
    for file, answer in zip(files, answers, strict=True):
        record = read_metadata(file.read_bytes(), file.name)
        assert answer["image_size"] == list(record.image_size)
        assert answer["anchors"] == {"sizes": [list(s) for s in record.anchors.sizes], "strides": [8, 16, 32]}
        assert (answer["borders"], answer["decoded"]) == (record.borders, record.decoded)
        assert (answer["score_threshold"], answer["iou_threshold"]) == (record.score_threshold, record.iou_threshold)
        assert sorted(answer["outputNames"]) == sorted(record.outputs)


def test_a_file_cut_anywhere_is_refused_in_one_sentence(web_models, tmp_path, run_detector):
    model = (web_models / "nano_b_fast_320_web.tflite").read_bytes()
    lengths = [0, 3, 8, 100, *np.linspace(1000, len(model) - 1, 40).astype(int)]
    jobs = []
    for length in map(int, lengths):
        (tmp_path / str(length)).write_bytes(model[:length])
        jobs.append({"kind": "record", "file": str(tmp_path / str(length)), "name": "cut.tflite"})
    for answer in run_detector(jobs):
        assert answer.startswith("error: cut.tflite is ")
        assert answer.endswith("copy or convert it again.")


def test_one_changed_byte_is_found(web_models, tmp_path, run_detector):
    model = (web_models / "nano_b_fast_320_web.tflite").read_bytes()
    jobs = []
    for place in np.linspace(len(model) // 4, len(model) - 1, 40).astype(int):
        changed = bytearray(model)
        changed[place] ^= 0x10
        (tmp_path / str(place)).write_bytes(changed)
        jobs.append({"kind": "record", "file": str(tmp_path / str(place)), "name": "changed.tflite"})
    answers = run_detector(jobs)
    assert all(answer.startswith("error: changed.tflite ") for answer in answers)
    assert any("is damaged: its bytes do not give the checksum" in answer for answer in answers)


def test_other_files_are_told_apart(web_models, tmp_path, run_detector):
    model = (web_models / "nano_b_fast_320_web.tflite").read_bytes()
    files = {
        "letter.tflite": (b"Dear all, this is no model.", "is not a TFLite file, or is truncated (the file identifier"),
        "other.tflite": (model.replace(b"ffkeras\0", b"someone\0"), "is a TFLite file without an ffkeras record"),
        "later.tflite": (model.replace(b'"format": 2', b'"format": 9'), "cannot be used (format 9, where this version"),
        "unknown.tflite": (model.replace(b'"network": "nano_b"', b'"network": "nano_c"'), "network nano_c is none of"),
    }
    jobs = []
    for name, (content, _) in files.items():
        assert content != model
        (tmp_path / name).write_bytes(content)
        jobs.append({"kind": "record", "file": str(tmp_path / name), "name": name})
    for (name, (_, words)), answer in zip(files.items(), run_detector(jobs), strict=True):
        assert answer.startswith(f"error: {name} ")
        assert words in answer


def test_forged_and_odd_files_are_refused_and_taken_as_by_python(tmp_path, run_detector):
    files = [*forged.forged_files(), *forged.sound_files(), *forged.random_records(1, 300)]
    jobs, expected = [], []
    for number, (_, model) in enumerate(files):
        path = tmp_path / str(number)
        path.write_bytes(model)
        jobs.append({"kind": "record", "file": str(path), "name": "some.tflite"})
        expected.append(forged.refusal(model, "some.tflite"))
    answers = run_detector(jobs)
    for (kind, _), answer, sentence in zip(files, answers, expected, strict=True):
        refused = answer.removeprefix("error: ") if isinstance(answer, str) else None
        assert (refused is None) == (sentence is None), (kind, refused, sentence)
        assert refused is None or ("\n" not in refused and len(refused) < 500), kind
        if sentence and "cannot be used" not in sentence:  # those have values in the words of each language
            assert refused == sentence, kind


def test_checksums_are_those_of_zlib(tmp_path, run_detector):
    contents = [b"", b"a", bytes(range(256)) * 33]
    jobs = []
    for number, content in enumerate(contents):
        (tmp_path / str(number)).write_bytes(content)
        jobs.append({"kind": "checksum", "file": str(tmp_path / str(number))})
    assert run_detector(jobs) == [f"{zlib.crc32(content):08x}" for content in contents]
