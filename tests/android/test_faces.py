import json
from dataclasses import replace

import cv2
import jvm
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter as LiteRt

from ffkeras.compare.faces import differing_faces, differing_kernels
from ffkeras.errors import UserError
from ffkeras.geometry import letterbox, make_anchors
from ffkeras.geometry.letterbox import Letterbox
from ffkeras.runtime import FaceDetector, decode_faces, read_metadata
from ffkeras.runtime.output import Output
from ffkeras.tflite_file.pack import pack_model
from ffkeras.tflite_file.record import write_metadata

pytestmark = pytest.mark.device

INDEX = json.loads((jvm.GOLDEN / "golden.json").read_text())
REPLAYED = [
    (model["file"], result) for model in INDEX["models"] for result in model["results"] if result["outputs"] is not None
]
RAW_ORDER = ("classification", "bbox_regression", "landmarks")
MICRO = jvm.MODELS / "nano_b_micro_160_int8.tflite"
RAW = jvm.MODELS / "nano_b_320_int8.tflite"
CROWD = jvm.GOLDEN / "images" / "crowd.png"


def runs_on_jvm(entry):
    """The TFLite of the JVM tests is 2.9, which has no grouped convolutions: V2 Ultra's file is refused."""
    return not entry["file"].startswith("v2_ultra")


def in_golden_order(model):
    """A file's tensors, its outputs in the order of the golden set's vectors."""
    tensors = jvm.describe_tensors(model)
    names = read_metadata(model.read_bytes(), model.name).outputs
    by_name = {tensor["name"]: tensor for tensor in tensors["outputs"]}
    return tensors | {"outputs": [by_name[names[output]] for output in RAW_ORDER]}


def replay(driver, model, image, played, tensors=None, **request):
    tensors = tensors or jvm.describe_tensors(model)
    return driver.ask("replay", model=model, name=model.name, image=image, played=played, **tensors, **request)


@pytest.mark.parametrize(
    ("file", "result"), REPLAYED, ids=lambda value: value if isinstance(value, str) else value["image"]
)
def test_golden_outputs_give_the_golden_faces(driver, file, result):
    model = jvm.MODELS / file
    played = jvm.GOLDEN / result["outputs"]
    answer = replay(driver, model, jvm.GOLDEN / result["image"], played, in_golden_order(model))
    assert answer["input_crc32"] == result["input_crc32"]
    assert differing_faces(jvm.to_faces(result["reference"]), jvm.to_faces(answer["faces"])) is None


@pytest.mark.parametrize("case", INDEX["decoding"], ids=lambda case: case["outputs"])
def test_fabricated_outputs_give_the_golden_faces(driver, case):
    model = jvm.MODELS / case["model"]
    size = {"source_width": case["source_width"], "source_height": case["source_height"]}
    played = jvm.GOLDEN / case["outputs"]
    answer = driver.ask("decode", model=model, name=model.name, played=played, **size, **in_golden_order(model))
    assert differing_faces(jvm.to_faces(case["faces"]), jvm.to_faces(answer["faces"])) is None


@pytest.mark.parametrize("file", ["nano_b_640_int8.tflite"])
def test_a_large_input_has_the_golden_bytes(driver, file, tmp_path):
    (entry,) = (entry for entry in INDEX["models"] if entry["file"] == file)
    model = jvm.MODELS / file
    (tmp_path / "nothing").write_bytes(bytes(20 << 20))
    for result in entry["results"]:
        answer = replay(driver, model, jvm.GOLDEN / result["image"], tmp_path / "nothing")
        assert answer["input_crc32"] == result["input_crc32"]


def run_litert(model, image, folder):
    """A file with LiteRT: the raw outputs as they are, one after the other, and the input's bytes."""
    interpreter = LiteRt(model_content=model.read_bytes())
    interpreter.allocate_tensors()
    (entry,) = interpreter.get_input_details()
    record = read_metadata(model.read_bytes(), model.name)
    canvas, _ = letterbox(cv2.imread(str(image)), record.image_size, record.mean)
    values = canvas - np.float32(record.mean)
    interpreter.set_tensor(entry["index"], values.astype(entry["dtype"])[None])
    interpreter.invoke()
    outputs = [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]
    (folder / "played").write_bytes(b"".join(output.tobytes() for output in outputs))
    return folder / "played"


@pytest.mark.parametrize("target", ["phone", "web"])
def test_files_for_other_targets_give_the_same_faces(driver, targets, target, tmp_path):
    model = targets[target]
    answer = replay(driver, model, CROWD, run_litert(model, CROWD, tmp_path))
    expected = FaceDetector(model).detect(cv2.imread(str(CROWD)))
    assert len(expected) > 10
    assert differing_faces(expected, jvm.to_faces(answer["faces"])) is None


def test_a_float32_file_gives_the_same_faces(driver, tmp_path):
    model = jvm.MODELS / "nano_b_640_float32.tflite"
    answer = replay(driver, model, CROWD, run_litert(model, CROWD, tmp_path))
    expected = FaceDetector(model).detect(cv2.imread(str(CROWD)))
    assert len(expected) > 10
    assert differing_faces(expected, jvm.to_faces(answer["faces"])) is None


def test_codes_that_overflow_are_dropped_and_thousands_of_candidates_are_cut(driver, tmp_path):
    record = read_metadata(RAW.read_bytes(), RAW.name)
    tensors = in_golden_order(RAW)
    random = np.random.default_rng(3)
    shapes = [tensor["shape"][1:] for tensor in tensors["outputs"]]
    values = [random.integers(-128, 128, shape, np.int8) for shape in shapes]
    values[1][:, :2] = random.integers(-1, 2, (shapes[1][0], 2))
    values[1][:, 2:] = random.choice(np.int8([-128, -1, 0, 1, 127]), (shapes[1][0], 2))
    scales = (1 / 256, 8.0, 0.5)  # exp(0.2 * 8 * 127) is beyond float32
    for tensor, scale in zip(tensors["outputs"], scales, strict=True):
        tensor["scale"], tensor["zero_point"] = scale, 0
    tensors["outputs"][0]["zero_point"] = -128
    (tmp_path / "played").write_bytes(b"".join(value.tobytes() for value in values))
    height, width = record.image_size
    size = {"source_width": 2 * width, "source_height": 2 * height}
    answer = driver.ask("decode", model=RAW, name=RAW.name, played=tmp_path / "played", **size, **tensors)
    outputs = {
        name: Output(value, scale, tensor["zero_point"])
        for name, value, scale, tensor in zip(RAW_ORDER, values, scales, tensors["outputs"], strict=True)
    }
    with np.errstate(over="ignore", invalid="ignore"):
        expected = decode_faces(
            outputs,
            make_anchors(record.anchors, record.image_size),
            record.image_size,
            Letterbox(0.5, 0.5, (2 * height, 2 * width)),
            score_threshold=record.score_threshold,
            iou_threshold=record.iou_threshold,
        )
    assert len(expected) > 100
    assert differing_faces(expected, jvm.to_faces(answer["faces"])) is None


def detect(driver, tflite_c, model, images, **request):
    files = [{"file": image} for image in images]
    answer = driver.ask("detect", model=model, name=model.name, library=tflite_c, images=files, **request)
    assert "error" not in answer
    assert all(time > 0 for time in answer["times"])
    return [jvm.to_faces(faces) for faces in answer["faces"]]


@pytest.mark.parametrize("entry", [entry for entry in INDEX["models"] if runs_on_jvm(entry)], ids=lambda e: e["file"])
def test_a_real_network_on_the_jvm_finds_the_golden_faces(driver, tflite_c, entry):
    images = [jvm.GOLDEN / result["image"] for result in entry["results"]]
    found = detect(driver, tflite_c, jvm.MODELS / entry["file"], images, threads=2)
    assert sum(map(len, found)) > 3
    for result, faces in zip(entry["results"], found, strict=True):
        differences = [
            differing_kernels(jvm.to_faces(result[kernels]), faces, entry["score_threshold"])
            for kernels in ("optimized", "reference")
        ]
        assert None in differences, f"{result['image']}: {differences}"  # this TFLite's kernels are a third family


@pytest.mark.parametrize("target", ["phone", "web"])
def test_files_for_other_targets_run_on_the_jvm(driver, tflite_c, targets, target):
    (raw,) = detect(driver, tflite_c, RAW, [CROWD])
    (found,) = detect(driver, tflite_c, targets[target], [CROWD])
    assert differing_faces(raw, found) is None


def test_thresholds_of_ones_own_are_used(driver, tflite_c):
    (usual,) = detect(driver, tflite_c, RAW, [CROWD])
    (few,) = detect(driver, tflite_c, RAW, [CROWD], score_threshold=0.8, iou_threshold=0.4)
    (all_boxes,) = detect(driver, tflite_c, RAW, [CROWD], score_threshold=0.5, iou_threshold=1.0)
    assert 0 < len(few) < len(usual) < len(all_boxes)
    assert min(face.score for face in few) >= 0.8


def with_record(path, model, **changes):
    data = model.read_bytes()
    path.write_bytes(write_metadata(data, replace(read_metadata(data, model.name), **changes)))
    return path


def python_says(*arguments, **options):
    with pytest.raises(UserError) as caught:
        FaceDetector(*arguments, **options)
    return str(caught.value)


def test_a_file_that_is_not_what_its_record_says_gets_pythons_sentence(driver, tmp_path):
    record = read_metadata(MICRO.read_bytes(), MICRO.name)
    names = record.outputs
    swapped = {"classification": names["landmarks"], "bbox_regression": names["bbox_regression"]}
    changes = [
        {"image_size": (320, 160)},
        {"outputs": names | {"landmarks": "nowhere"}},
        {"outputs": swapped | {"landmarks": names["classification"]}},
        {"borders": "float32"},
        {"anchors": replace(record.anchors, sizes=((16,), (64,), (256,)))},
        {
            "decoded": True,
            "outputs": {"boxes": names["bbox_regression"], "landmarks": names["landmarks"], "score": "x"},
        },
    ]
    for number, change in enumerate(changes):
        path = with_record(tmp_path / f"{number}.tflite", MICRO, **change)
        answer = driver.ask("replay", model=path, name=str(path), image=CROWD, **jvm.describe_tensors(path))
        assert answer == {"error": python_says(path)}


def test_numbers_out_of_range_get_pythons_sentence(driver):
    request = {"model": MICRO, "name": str(MICRO), "image": CROWD, **jvm.describe_tensors(MICRO)}
    given = driver.ask("replay", **request, threads=0)
    assert given == {"error": python_says(MICRO, num_threads=0)}
    given = driver.ask("replay", **request, score_threshold=1.5, iou_threshold=0.4)
    assert given == {"error": python_says(MICRO, score_threshold=1.5)}
    given = driver.ask("replay", **request, score_threshold=0.5, iou_threshold=-0.25)
    assert given == {"error": python_says(MICRO, iou_threshold=-0.25)}


def test_a_file_that_the_interpreter_refuses_is_one_sentence(driver, tflite_c, tmp_path):
    tree = schema.ModelT.InitFromPackedBuf(MICRO.read_bytes())
    tree.operatorCodes[0].version = 99
    path = tmp_path / "newer.tflite"
    path.write_bytes(write_metadata(pack_model(tree), read_metadata(MICRO.read_bytes(), MICRO.name)))
    answer = driver.ask("detect", model=path, name="newer.tflite", library=tflite_c, images=[])
    assert answer["error"].startswith("newer.tflite cannot be loaded (")
    assert answer["error"].endswith("); copy or convert it again.")
    assert python_says(path).endswith("); copy or convert it again.")
