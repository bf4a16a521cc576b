import importlib.util
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ffkeras.compare.faces import KERNEL_SHIFT, differing_faces, differing_kernels
from ffkeras.geometry import decode_boxes, iou_matrix, make_anchors
from ffkeras.golden.check import find_differences
from ffkeras.golden.make import KEPT_UP_TO, MODELS, faces_of, list_files, make_golden, read_index, write_golden
from ffkeras.images import read_image
from ffkeras.runtime import Face
from ffkeras.runtime.decode import MAX_FACES
from ffkeras.runtimes.launch import run_worker
from ffkeras.runtimes.registry import RUNTIMES
from ffkeras.runtimes.replay import Replay

ROOT = Path(__file__).resolve().parents[1]
GOLDEN, RELEASED, PHOTOGRAPHS = (
    ROOT / "tests" / "golden",
    ROOT / "tflite" / "models",
    ROOT / "tests" / "data" / "photos",
)
DECISIVE_IOU = 1e-4  # how far from the threshold an overlap must stay for other arithmetic to decide the same


@pytest.fixture(scope="module")
def made():
    return make_golden(RELEASED, PHOTOGRAPHS)


@pytest.fixture
def written(tmp_path, made):
    write_golden(tmp_path, made)
    return tmp_path


@pytest.fixture(scope="module")
def index():
    return read_index(GOLDEN)


def results(index):
    return [(entry, result) for entry in index["models"] for result in entry["results"]]


def split_outputs(path, replay):
    """Raw outputs in the file's order, each with its batch axis."""
    shapes = {n: e["shape"] for n, e in zip(replay.output_names, replay.output_details, strict=True)}
    values, found = np.frombuffer(path.read_bytes(), np.int8), {}
    for name in ("classification", "bbox_regression", "landmarks"):
        count = int(np.prod(shapes[name]))
        found[name], values = values[:count].reshape(shapes[name]), values[count:]
    assert not values.size
    return [found[name] for name in replay.output_names]


def test_the_set_is_what_the_released_files_give(made):
    assert find_differences(GOLDEN, made) == []


def test_a_second_run_gives_the_same_bytes(made):
    again = make_golden(RELEASED, PHOTOGRAPHS)
    assert again == made


def test_writing_again_removes_what_no_longer_belongs(written, made):
    (written / "vectors" / "old.bin").write_bytes(b"old")
    (written / "README.md").write_text("kept")
    write_golden(written, made)
    assert list_files(written) == made.keys()
    assert (written / "README.md").exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda folder: (folder / "images" / "rocket.png").unlink(), "images/rocket.png is missing"),
        (lambda folder: shutil.copy(folder / "images/coffee.png", folder / "images/rocket.png"), "other pixels"),
        (lambda folder: (folder / "images" / "rocket.png").write_bytes(b"\x89PNG"), "rocket.png is not an image"),
        (lambda folder: (folder / "images" / "new.png").touch(), "images/new.png does not belong to the set"),
        (lambda folder: (folder / "vectors" / "decoding" / "ties.bin").write_bytes(b"1"), "ties.bin has other raw"),
        (lambda folder: (folder / "golden.json").write_text("{"), "not valid JSON"),
        (lambda folder: (folder / "golden.json").write_text('{"format": 7}'), "has format 7"),
        (lambda folder: (folder / "golden.json").write_text('{"format": 1}'), "not laid out as this version writes it"),
    ],
)
def test_what_differs_is_named(written, made, change, sentence):
    assert find_differences(written, made) == []
    change(written)
    assert any(sentence in found for found in find_differences(written, made))


def test_a_replaced_model_and_a_moved_face_are_named(written, made):
    index = json.loads((written / "golden.json").read_text())
    index["models"][1]["sha256"] = "0" * 64
    face = index["models"][1]["results"][0]["reference"][0]
    face["box"][0] += 0.1
    index["models"][2]["results"][0]["optimized"] = []
    index["decoding"][2]["faces"].pop()
    (written / "golden.json").write_text(json.dumps(index))
    found = find_differences(written, made)
    assert len(found) == 4
    assert f"{MODELS[1]}.tflite: sha256 is" in found[0]
    assert "reference kernels: face 0 moved by 0.100 pixels" in found[1]
    assert "optimised kernels: a face of score" in found[2]
    assert "750 faces instead of 749" in found[3]


def test_faces_come_from_the_kept_raw_outputs(index):
    replays = {entry["file"]: Replay(RELEASED / entry["file"]) for entry in index["models"]}
    checked = 0
    for entry, result in results(index):
        if result["outputs"]:
            replay, image = replays[entry["file"]], read_image(GOLDEN / result["image"])
            faces = replay.faces(image, split_outputs(GOLDEN / result["outputs"], replay))
            assert differing_faces(faces_of(result["reference"]), faces) is None
            checked += 1
    small = [entry for entry in index["models"] if max(entry["image_size"]) <= KEPT_UP_TO]
    assert checked == len(small) * len(index["images"]) > 0


@pytest.mark.skipif(not importlib.util.find_spec("tflite_micro"), reason="TFLite Micro is for x86-64 Linux alone")
@pytest.mark.parametrize("name", MODELS[:3])
def test_tflite_micro_gives_the_kept_raw_outputs_in_every_bit(name, index, tmp_path):
    model = RELEASED / f"{name}.tflite"
    replay = Replay(model)
    entry = next(entry for entry in index["models"] if entry["file"] == model.name)
    chosen = [r for r in entry["results"] if r["image"] in ("images/crowd.png", "images/small_face.png")]
    assert max(entry["image_size"]) <= KEPT_UP_TO
    np.save(tmp_path / "inputs.npy", replay.inputs_of(read_image(GOLDEN / result["image"]) for result in chosen))
    micro = next(runtime for runtime in RUNTIMES if runtime.package == "micro")
    run = run_worker(micro, "images", model, tmp_path / "inputs.npy", tmp_path)
    assert run.failure is None
    for position, result in enumerate(chosen):
        for expected, found in zip(split_outputs(GOLDEN / result["outputs"], replay), run.outputs, strict=True):
            assert (expected[0] == found[position].reshape(expected[0].shape)).all()


def test_kernels_find_the_same_faces(index):
    for entry, result in results(index):
        reference, optimized = faces_of(result["reference"]), faces_of(result["optimized"])
        assert differing_kernels(reference, optimized, entry["score_threshold"]) is None, result["image"]


def test_there_are_pictures_without_a_face_and_with_many(index):
    for entry in index["models"]:
        counts = {result["image"]: len(result["reference"]) for result in entry["results"]}
        assert counts["images/pixel.png"] == 0
        assert counts["images/grace_hopper.png"] == 1
    assert any(not result["reference"] for _, result in results(index) if result["image"] == "images/rocket.png")
    assert max(len(result["reference"]) for _, result in results(index)) >= 20


def test_fabricated_outputs_bring_what_photographs_do_not(index):
    cases = {Path(case["outputs"]).stem: case for case in index["decoding"]}
    assert cases["no_face"]["faces"] == []
    assert len(cases["thousand_faces"]["faces"]) == MAX_FACES
    assert len({face["score"] for face in cases["ties"]["faces"]}) == 1 < len(cases["ties"]["faces"])
    outside = np.array([face["box"] for face in cases["outside"]["faces"]])
    assert (outside.min(axis=0)[:2] == 0).all()
    assert (outside.max(axis=0)[2:] == [cases["outside"]["source_width"], cases["outside"]["source_height"]]).all()
    assert cases["one_pixel"]["faces"]


def test_no_overlap_is_so_near_the_threshold_that_arithmetic_decides(index):
    """Boxes before suppression, by a threshold that lets every overlap pass; clipping must not change what is near."""
    for case in index["decoding"]:
        replay = Replay(RELEASED / case["model"])
        record = replay.metadata
        outputs = dict(zip(replay.output_names, split_outputs(GOLDEN / case["outputs"], replay), strict=True))
        boxes = decoded_boxes(replay, outputs, record.score_threshold)
        overlaps = iou_matrix(boxes, boxes)
        assert np.abs(overlaps - record.iou_threshold).min(initial=1.0) > DECISIVE_IOU, case["outputs"]


def decoded_boxes(replay, outputs, threshold):
    details = dict(zip(replay.output_names, replay.output_details, strict=True))

    def worth(name):
        scale, zero_point = details[name]["quantization"]
        return ((outputs[name][0].astype(float) - zero_point) * scale).astype(np.float32)

    rows = np.flatnonzero(worth("classification")[:, -1] >= threshold)
    anchors = make_anchors(replay.metadata.anchors, replay.metadata.image_size)
    return decode_boxes(worth("bbox_regression")[rows], anchors[rows]).astype(np.float64)


def a_face(left=10.0, score=0.9):
    box = np.array([left, 10, left + 40, 50], np.float32)
    return Face(box, score, np.full((5, 2), 20, np.float32))


def test_exact_comparison_counts_order_scores_and_hundredths_of_a_pixel():
    faces = [a_face(), a_face(left=100, score=0.8)]
    assert differing_faces(faces, faces) is None
    assert "1 faces instead of 2" in differing_faces(faces, faces[:1])
    assert "moved by 90" in differing_faces(faces, faces[::-1])
    assert "score 0.7900 instead of 0.8000" in differing_faces(faces, [faces[0], a_face(left=100, score=0.79)])
    assert "moved by 0.5" in differing_faces(faces, [a_face(left=10.5), faces[1]])
    assert "moved by nan" in differing_faces(faces, [a_face(left=float("nan")), faces[1]])


def test_other_kernels_may_lose_a_face_at_the_threshold_and_move_one_a_little():
    sure, unsure = a_face(), a_face(left=100, score=0.53)
    assert differing_kernels([sure, unsure], [sure], 0.5) is None
    assert differing_kernels([sure], [unsure, sure], 0.5) is None
    assert "of score 0.90 is lost" in differing_kernels([sure, unsure], [unsure], 0.5)
    assert "of score 0.90 is added" in differing_kernels([unsure], [sure, unsure], 0.5)
    assert differing_kernels([sure], [a_face(left=10 + 0.9 * KERNEL_SHIFT * 40)], 0.5) is None
    assert "moved by 7.00 pixels, 18% of its size" in differing_kernels([sure], [a_face(left=17)], 0.5)
