import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from ffkeras.runtime import FaceDetector
from ffkeras.runtimes.replay import Replay


def run(model, values):
    interpreter = Interpreter(str(model))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values)
    interpreter.invoke()
    return [interpreter.get_tensor(entry["index"]) for entry in interpreter.get_output_details()]


@pytest.mark.parametrize("kind", ["lamp_int8", "lamp_float"])
def test_replayed_outputs_give_the_detector_s_own_faces(kind, request, lamp_image):
    model = request.getfixturevalue(kind)
    replay = Replay(model)
    values = replay.input_of(lamp_image)
    (expected,) = FaceDetector(model).detect(lamp_image)
    (found,) = replay.faces(lamp_image, run(model, values))
    assert (found.box == expected.box).all()
    assert (found.landmarks == expected.landmarks).all()
    assert found.score == expected.score


def test_input_is_what_the_network_takes(lamp_int8, lamp_image):
    values = Replay(lamp_int8).input_of(lamp_image)
    assert values.shape == (1, 96, 128, 3)
    assert values.dtype == np.int8
    assert (values[0] == lamp_image.astype(int) - 128).all()


def test_outputs_have_the_record_s_names(lamp_int8):
    assert sorted(Replay(lamp_int8).output_names) == ["bbox_regression", "classification", "landmarks"]


def test_a_threshold_lets_more_faces_through(lamp_int8, lamp_image):
    replay = Replay(lamp_int8)
    outputs = run(lamp_int8, replay.input_of(lamp_image))
    assert len(replay.faces(lamp_image, outputs, score_threshold=0.0)) > len(replay.faces(lamp_image, outputs))
