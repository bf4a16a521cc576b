import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

sys.path.insert(0, str(Path(__file__).parent))

import c_compiler
from c_faces import CFaces, FaceModel
from small_graphs import SmallGraph, lower

from ffkeras.errors import UserError
from ffkeras.firmware import read_model_info
from ffkeras.firmware.c_network import export_c, network_name
from ffkeras.firmware.c_network.host import HostNetwork, compare_with_tflite_micro
from ffkeras.geometry import letterbox, make_anchors
from ffkeras.images import list_images, read_image
from ffkeras.runtime import decode_faces
from ffkeras.runtime.metadata import read_metadata
from ffkeras.runtime.output import Output
from ffkeras.tflite_file.graph import TfliteGraph
from ffkeras.tflite_file.record import write_metadata

ROOT = Path(__file__).resolve().parents[3]
MODELS = ROOT / "tflite" / "models"
SMALLEST = "nano_b_micro_160_int8.tflite"
RELEASED = sorted(path.name for path in MODELS.glob("*_int8.tflite"))
PHOTOS = [read_image(path) for path in list_images([ROOT / "tests" / "data" / "photos"])]

needs_tflite_micro = pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None, reason="tflite-micro is not installed (Linux on x86-64)"
)


def photo_inputs(info, photos):
    record = info.record
    canvases = [letterbox(photo, record.image_size, record.mean)[0] for photo in photos]
    return [(canvas ^ 0x80).view(np.int8) for canvas in canvases]


def host_network(path, folder, name="network"):
    """The file's info, and the network exported, compiled with all warnings, and loaded."""
    model = path.read_bytes()
    exported = export_c(model, path.name, folder, name)
    info = read_model_info(model, path.name)
    sources = [file for file in exported.files if file.suffix == ".c"]
    c_compiler.compile_c(folder / "strict.o", *sources, options=("-O0", "-shared", "-fPIC"))
    return info, HostNetwork(folder, name, info)


def check_against_tflite_micro(path, folder, photos):
    info, network = host_network(path, folder)
    result = compare_with_tflite_micro(network, path.read_bytes(), info, photo_inputs(info, photos))
    assert result.compared == len(photos) * info.record.anchor_count * sum(t.width for t in info.outputs.values())
    assert result.different == 0


@needs_tflite_micro
@pytest.mark.parametrize(
    ("file", "count"), [(SMALLEST, len(PHOTOS)), ("nano_b_320_int8.tflite", 1), ("v2_ultra_320_int8.tflite", 1)]
)
def test_outputs_are_those_of_tflite_micro_on_photographs(file, count, tmp_path):
    check_against_tflite_micro(MODELS / file, tmp_path, PHOTOS[:count])


@needs_tflite_micro
@pytest.mark.slow
@pytest.mark.parametrize("file", RELEASED)
def test_outputs_of_all_released_files_are_those_of_tflite_micro(file, tmp_path):
    check_against_tflite_micro(MODELS / file, tmp_path, PHOTOS)


def test_the_whole_detector_in_c_finds_the_faces_that_python_finds(tmp_path):
    path = MODELS / SMALLEST
    info, network = host_network(path, tmp_path)
    faces = CFaces(tmp_path / "network.so")
    model = FaceModel.in_dll(faces.library, "network_model")
    record, found = info.record, 0
    for photo in PHOTOS:
        values, fitted = faces.letterbox(model, photo)
        outputs = {
            name: Output(each, info.outputs[name].scale, info.outputs[name].zero_point)
            for name, each in network.run(values).items()
        }
        expected = decode_faces(
            outputs,
            make_anchors(record.anchors, record.image_size),
            record.image_size,
            letterbox(photo, record.image_size, record.mean)[1],
            score_threshold=record.score_threshold,
            iou_threshold=record.iou_threshold,
        )
        given = faces.decode(model, outputs, fitted)
        assert len(given) == len(expected)
        for face, wanted in zip(given, expected, strict=True):
            np.testing.assert_allclose([face.x1, face.y1, face.x2, face.y2], wanted.box, atol=0.01)
            np.testing.assert_allclose(np.array(face.landmarks), wanted.landmarks, atol=0.01)
        found += len(given)
    assert found


def test_the_lamp_is_found(lamp_int8, lamp_image, lamp_face, tmp_path):
    info, network = host_network(lamp_int8, tmp_path, "Lamp_1")
    faces = CFaces(tmp_path / "network.so")
    model = FaceModel.in_dll(faces.library, "Lamp_1_model")
    values, fitted = faces.letterbox(model, lamp_image)
    outputs = {name: Output(each, 1.0, 0) for name, each in network.run(values).items()}
    (face,) = faces.decode(model, outputs, fitted)
    box, landmarks = lamp_face
    np.testing.assert_allclose([face.x1, face.y1, face.x2, face.y2], np.clip(box, 0, None), atol=1)
    np.testing.assert_allclose(np.array(face.landmarks), landmarks, atol=1)


def test_a_second_export_gives_the_same_bytes(tmp_path):
    model = (MODELS / SMALLEST).read_bytes()
    first = export_c(model, SMALLEST, tmp_path / "a")
    second = export_c(model, SMALLEST, tmp_path / "b")
    assert [path.name for path in first.files] == [path.name for path in second.files]
    for one, other in zip(first.files, second.files, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_generated_code_is_for_readers(tmp_path):
    exported = export_c((MODELS / SMALLEST).read_bytes(), SMALLEST, tmp_path)
    header, source = (path.read_text() for path in exported.files[:2])
    assert max(map(len, f"{header}{source}".splitlines())) <= 120
    assert "/* 1. CONV_2D: " in source
    assert " *    from [1, 160, 160, 3] @ " in source
    assert f"_ARENA_SIZE {exported.arena_size}\n" in header
    assert "malloc" not in source


def test_two_networks_share_a_folder_and_a_program(lamp_int8, tmp_path):
    model = lamp_int8.read_bytes()
    export_c(model, lamp_int8.name, tmp_path, "one")
    export_c(model, lamp_int8.name, tmp_path, "two")
    calls = "one_run(); two_run(); return one_input() == two_input();"
    (tmp_path / "main.c").write_text(f'#include "one.h"\n#include "two.h"\nint main(void) {{ {calls} }}\n')
    c_compiler.run(c_compiler.compile_c(tmp_path / "program", *tmp_path.glob("*.c")))


def test_names_are_c_identifiers():
    assert network_name("v2_ultra_640_int8.tflite") == "v2_ultra_640_int8"
    assert network_name("folder/V2-ultra (320 px).tflite") == "V2_ultra_320_px"
    assert network_name("640.tflite") == "n640"
    assert network_name("__.tflite") == "network"


@pytest.mark.parametrize("name", ["1st", "a-b", "a b", "é", "_x", "faces", "Faces", "int8_add"])
def test_a_name_that_c_cannot_have_is_refused(name, lamp_int8, tmp_path):
    with pytest.raises(UserError, match="choose"):
        export_c(lamp_int8.read_bytes(), lamp_int8.name, tmp_path, name)
    assert not list(tmp_path.iterdir())


def test_a_float_file_is_refused(lamp_float, tmp_path):
    with pytest.raises(UserError, match=r"lamp_float.tflite takes or gives float32; .*--int8"):
        export_c(lamp_float.read_bytes(), lamp_float.name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_without_our_record_is_refused(lamp_plain, tmp_path):
    with pytest.raises(UserError, match="without an ffkeras record"):
        export_c(lamp_plain, "plain.tflite", tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused(share, lamp_int8, tmp_path):
    model = lamp_int8.read_bytes()
    with pytest.raises(UserError, match="truncated|damaged|not a TFLite file"):
        export_c(model[: int(share * len(model))], "cut.tflite", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_whose_record_speaks_of_another_size_is_refused(lamp_int8, lamp_plain, tmp_path):
    record = read_metadata(lamp_int8.read_bytes(), "lamp")
    object.__setattr__(record, "image_size", (64, 64))
    with pytest.raises(
        UserError,
        match=r"lamp.tflite is not what its record says: its inputs are .* where the record says \[1, 64, 64, 3\]",
    ):
        export_c(write_metadata(lamp_plain, record), "lamp.tflite", tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_operation_that_c_lacks_is_named_with_its_layer(lamp_int8, tmp_path):
    graph = TfliteGraph(lamp_int8.read_bytes())
    convolution = next(operator for operator in graph.operators if graph.kind(operator) == "CONV_2D")
    convolution.builtinOptions.dilationHFactor = 2
    record = read_metadata(lamp_int8.read_bytes(), "lamp")
    with pytest.raises(
        UserError, match=r"lamp.tflite: CONV_2D with a dilation of \(2, 1\) \(layer .*\) is not supported"
    ):
        export_c(write_metadata(graph.to_bytes(), record), "lamp.tflite", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_whole_operation_that_c_lacks_is_named():
    graph = SmallGraph()
    graph.add("TANH", [graph.input((1, 4))], graph.output((1, 4)))
    with pytest.raises(UserError, match="small.tflite: TANH of any kind .* is not supported in C"):
        lower(graph.to_bytes())


def test_a_float_tensor_inside_is_named():
    graph = SmallGraph()
    source, target = graph.input((1, 4)), graph.output((1, 4))
    graph.graph.tensors[target].type = schema.TensorType.FLOAT32
    graph.add("DEQUANTIZE", [source], target)
    with pytest.raises(UserError, match="small.tflite: DEQUANTIZE on the float tensor tensor_1"):
        lower(graph.to_bytes())


def test_weights_of_four_bits_are_named():
    graph = SmallGraph()
    source, target = graph.input((1, 4, 4, 2)), graph.output((1, 4, 4, 1))
    weights = graph.tensor((1, 1, 1, 2), 0.1, values=np.ones(2))
    graph.graph.tensors[weights].type = schema.TensorType.INT4
    graph.add("CONV_2D", [source, weights], target, schema.Conv2DOptionsT())
    with pytest.raises(UserError, match="CONV_2D on the tensor tensor_2, which is neither int8 nor int32, "):
        lower(graph.to_bytes())


def test_scales_that_c_cannot_shift_by_are_named():
    graph = SmallGraph()
    inputs = [graph.input((1, 4), 1e10), graph.input((1, 4), 1e10)]
    graph.add("MUL", inputs, graph.output((1, 4), 1e-3), schema.MulOptionsT())
    with pytest.raises(UserError, match=r"MUL with scales of which one is 1e\+23 times the other"):
        lower(graph.to_bytes())


def test_nothing_is_left_where_a_file_cannot_be_written(lamp_int8, tmp_path):
    (tmp_path / "int8_kernels.h").mkdir()  # in the way of one of the last files
    with pytest.raises(UserError, match="is a folder"):
        export_c(lamp_int8.read_bytes(), lamp_int8.name, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["int8_kernels.h"]
