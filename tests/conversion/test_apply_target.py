from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from ffkeras.conversion.apply_target import apply_target, check_target, float_operations
from ffkeras.conversion.borders import BORDER_OPERATIONS, add_float_borders
from ffkeras.conversion.decoding import DECODING_OPERATIONS, append_decoding
from ffkeras.conversion.report import ValidationReport
from ffkeras.conversion.targets import TARGETS, describe_targets
from ffkeras.runtime import FaceDetector, Interpreter, read_metadata
from ffkeras.tflite_file.graph import TfliteGraph
from ffkeras.tflite_file.micro_operations import missing_kernels
from ffkeras.tflite_file.pack import pack_model
from ffkeras.tflite_file.record import write_metadata
from ffkeras.tflite_file.summary import graph_faults, summarise_graph

RELEASED = Path(__file__).resolve().parents[2] / "tflite" / "models" / "nano_b_dense_320_int8.tflite"
LOW_SCORE = 0.05  # lets doubtful faces through, so that more are compared
SHAPED = {"web": add_float_borders, "phone": append_decoding}
EMPTY_REPORT = ValidationReport(checks=(), faults=(), images=1, faces=0)


def one_column(model):
    """The same file with `classification` [1, A, 1], the probability of a face alone."""
    record = read_metadata(model, "lamp")
    graph = TfliteGraph(model)
    outputs = graph.outputs_by_tensor_name(record.outputs)
    raw = outputs["classification"]
    shape = (*graph.shape(raw)[:2], 1)
    begin, size = (graph.add_constant(n, np.array(v, np.int32)) for n, v in (("begin", (0, 0, 1)), ("size", shape)))
    outputs["classification"] = graph.append("SLICE", [raw, begin, size], graph.add_like(raw, "face", shape), version=2)
    graph.set_outputs(outputs)
    return write_metadata(graph.to_bytes(), replace(record, outputs=record.outputs | {"classification": "face"}))


def with_steps_of(model, step):
    """The same file with box codes whose int8 step is worth `step`."""
    record = read_metadata(model, "lamp")
    tree = schema.ModelT.InitFromPackedBuf(model)
    names = [tensor.name.decode() for tensor in tree.subgraphs[0].tensors]
    codes = tree.subgraphs[0].tensors[names.index(record.outputs["bbox_regression"])]
    codes.quantization.scale = np.array([step], np.float32)
    return write_metadata(pack_model(tree), record)


@pytest.fixture(params=["two columns", "one column", "released"])
def raw(request, lamp_int8):
    """An int8 file with raw outputs."""
    if request.param == "released":
        return RELEASED.read_bytes()
    return lamp_int8.read_bytes() if request.param == "two columns" else one_column(lamp_int8.read_bytes())


@pytest.mark.parametrize("target", SHAPED)
def test_a_targets_file_finds_the_same_faces(target, raw, photos, lamp_image):
    expected, given = (
        FaceDetector(model, score_threshold=LOW_SCORE) for model in (raw, apply_target(raw, TARGETS[target]))
    )
    found = 0
    for image in (*photos, lamp_image):
        faces, same = expected.detect(image), given.detect(image)
        assert [face.score for face in same] == [face.score for face in faces]
        for face, other in zip(faces, same, strict=True):
            np.testing.assert_allclose(other.box, face.box, atol=1e-3)
            np.testing.assert_allclose(other.landmarks, face.landmarks, atol=1e-3)
        found += len(faces)
    assert found >= 3


@pytest.mark.parametrize("name", TARGETS)
def test_a_sound_file_passes_its_targets_check(name, raw, photos):
    target = TARGETS[name]
    report = check_target(apply_target(raw, target), raw, target, photos, EMPTY_REPORT)
    assert report.passed, report.failure
    assert len(report.checks) == (3 if name in SHAPED else 0)


@pytest.mark.parametrize("name", SHAPED)
def test_a_file_with_other_boxes_fails_its_targets_check(name, lamp_int8, photos):
    raw = lamp_int8.read_bytes()
    other = with_steps_of(raw, 0.1)
    report = check_target(apply_target(other, TARGETS[name]), raw, TARGETS[name], photos[:1], EMPTY_REPORT)
    assert report.failure.startswith("boxes, largest difference to the raw file in pixels is")


@pytest.mark.parametrize(("target", "operations"), [("web", BORDER_OPERATIONS), ("phone", DECODING_OPERATIONS)])
def test_only_the_added_operations_work_in_floating_point(target, operations, raw):
    model = apply_target(raw, TARGETS[target])
    graph = summarise_graph(model)
    assert graph.float_operations == operations == float_operations(read_metadata(model, "model"))
    assert graph_faults(graph, True, operations) == []
    assert "tensors are in floating point" in graph_faults(graph, True)[0]


def test_a_float_convolution_inside_is_a_fault(lamp_int8, lamp_float):
    graph = summarise_graph(lamp_float.read_bytes())
    (fault,) = graph_faults(graph, True, BORDER_OPERATIONS)
    assert "work in floating point" in fault
    assert "CONV_2D" in fault


def test_the_web_file_has_float_borders_under_their_own_names(raw):
    model = add_float_borders(raw)
    graph, record = summarise_graph(model), read_metadata(model, "model")
    assert graph.input_quantization is None
    assert graph.outputs == record.outputs == {name: name for name in record.outputs}
    assert sorted(graph.output_scales.values()) == sorted(summarise_graph(raw).output_scales.values())
    assert (record.borders, record.decoded, record.quantization, record.format) == ("float32", False, "int8", 2)


def test_the_web_file_gives_the_raw_numbers(raw, lamp_image, photos):
    expected, given = Interpreter(raw), Interpreter(add_float_borders(raw))
    canvas = np.resize(photos[0], (*expected.image_size, 3))
    for name, values in expected.run(canvas).items():
        assert np.array_equal(given.run(canvas)[name], values)


def test_the_phone_file_gives_normalised_boxes_landmarks_and_scores(raw, photos):
    model = append_decoding(raw)
    graph, record = summarise_graph(model), read_metadata(model, "model")
    assert graph.outputs == record.outputs == {name: name for name in ("boxes", "landmarks", "score")}
    assert list(graph.outputs) == ["boxes", "landmarks", "score"]
    assert graph.input_quantization == (1.0, 0)
    assert (record.borders, record.decoded) == ("int8", True)
    interpreter = Interpreter(model)
    outputs = interpreter.run(np.resize(photos[0], (*interpreter.image_size, 3)))
    count = record.anchor_count
    assert {name: value.shape for name, value in outputs.items()} == {
        "boxes": (count, 4),
        "landmarks": (count, 10),
        "score": (count, 1),
    }
    assert (outputs["boxes"][:, :2] <= outputs["boxes"][:, 2:]).all()
    centres = outputs["boxes"].reshape(-1, 2, 2).mean(axis=1)
    assert ((centres > -1) & (centres < 2)).all()


def test_a_wild_size_code_stays_finite(lamp_int8):
    wild = with_steps_of(lamp_int8.read_bytes(), 10.0)
    interpreter = Interpreter(wild)
    canvas = np.zeros((*interpreter.image_size, 3), np.uint8)
    assert 0.2 * interpreter.run(canvas)["bbox_regression"].max() > np.log(np.finfo(np.float32).max)
    assert np.isfinite(Interpreter(append_decoding(wild)).run(canvas)["boxes"]).all()


def test_shaping_twice_is_refused(raw):
    with pytest.raises(ValueError, match="raw outputs"):
        add_float_borders(append_decoding(raw))
    with pytest.raises(ValueError, match="raw outputs"):
        append_decoding(add_float_borders(raw))


def test_operations_that_tflite_micro_lacks_are_named(lamp_int8):
    graph = summarise_graph(lamp_int8.read_bytes())
    assert missing_kernels(graph) == []
    graph.operations["TOPK_V2"] += 1
    assert missing_kernels(graph) == ["TOPK_V2"]


def test_the_table_has_a_line_for_each_profile():
    header, *lines = describe_targets().splitlines()
    assert [line.split()[0] for line in lines] == list(TARGETS)
    assert header.split()[0] == "target"
