import pytest

from ffkeras.backend import keras
from ffkeras.quantization.operations import Operation, Program, trace
from ffkeras.quantization.scales import PROBABILITY, assign_scales
from tests.models.networks import lively_network

IMAGE = (-128.0, 127.0)


@pytest.mark.parametrize("network", ["v2_ultra", "nano_b"])
def test_classes_boxes_and_landmarks_never_share_a_scale(network):
    program = trace(lively_network(network))
    scales = assign_scales(program, IMAGE)
    groups = {scales.group_of[value] for value in program.outputs.values()}
    assert len(groups) == len(program.outputs)


def test_pooling_and_joining_keep_one_scale_and_sums_get_their_own():
    program = Program(
        (
            Operation(keras.layers.MaxPooling2D(), (0,), 1),
            Operation(keras.layers.Add(), (1, 1), 2, several=True),
            Operation(keras.layers.Concatenate(), (1, 2), 3, several=True),
            Operation(keras.layers.Add(), (3, 3), 4, several=True),
        ),
        {"out": 4},
    )
    group_of = assign_scales(program, IMAGE).group_of
    assert group_of[0] == group_of[1] == group_of[2] == group_of[3] != group_of[4]


def test_the_image_and_probabilities_have_fixed_ranges():
    program = Program((Operation(keras.layers.Activation("sigmoid"), (0,), 1),), {"out": 1})
    scales = assign_scales(program, IMAGE)
    assert [scales.fixed[group] for group in scales.group_of] == [IMAGE, PROBABILITY]


def test_joining_a_probability_with_the_image_is_refused():
    program = Program(
        (
            Operation(keras.layers.Activation("sigmoid"), (0,), 1),
            Operation(keras.layers.Concatenate(), (0, 1), 2, several=True),
        ),
        {"out": 2},
    )
    with pytest.raises(ValueError, match="fixed range"):
        assign_scales(program, IMAGE)
