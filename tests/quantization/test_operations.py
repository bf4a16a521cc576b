import numpy as np
import pytest

from ffkeras.backend import keras
from ffkeras.models import NanoBConfig, V1Config, V2UltraConfig
from ffkeras.models.config import BackboneConfig
from ffkeras.quantization.operations import fold, trace
from tests.models.networks import lively_network, random_images
from tests.models.odd_networks import ODD_NETWORKS

ODD_WIDTHS = BackboneConfig(widths=(8, 11, 13, 13, 21, 27, 30, 30, 31, 30, 30, 50, 60, 87))
NETWORKS = {
    "v1": V1Config(context="standard"),
    "v2_ultra": V2UltraConfig(),
    "nano_b": NanoBConfig(),
    "nano_b with swish and odd widths": NanoBConfig(backbone=ODD_WIDTHS, activation="swish"),
    **{f"pruned {name}": config for name, config in ODD_NETWORKS.items()},
}


def execute(program, images):
    values = {0: images}
    for operation in program.operations:
        values[operation.output] = operation([values[value] for value in operation.inputs])
    return {name: values[value].numpy() for name, value in program.outputs.items()}


@pytest.mark.parametrize("name", NETWORKS)
def test_operations_compute_what_the_network_does(name):
    model = lively_network(NETWORKS[name])
    images = random_images()
    expected = {key: value.numpy() for key, value in model.forward(images).items()}
    given = execute(trace(model), images)
    for key, values in expected.items():
        assert np.abs(given[key] - values).max() <= 2e-4 * np.abs(values).max()


def test_no_batch_norm_is_left_and_rectifiers_are_inside_operations():
    kinds = [type(operation.layer) for operation in trace(lively_network("nano_b")).operations]
    assert keras.layers.BatchNormalization not in kinds
    assert keras.layers.ReLU not in kinds


def test_layers_called_on_several_levels_stay_one_layer():
    program = trace(lively_network("v2_ultra"))
    uses = [operation.layer for operation in program.operations if isinstance(operation.layer, keras.layers.Conv2D)]
    assert len({id(layer) for layer in uses}) < len(uses)


def test_every_value_is_made_before_it_is_used():
    made = {0}
    for operation in trace(lively_network("nano_b")).operations:
        assert set(operation.inputs) <= made
        made.add(operation.output)


@pytest.mark.parametrize("groups", [1, 2])
def test_folding_keeps_a_convolutions_bias(groups):
    convolution = keras.layers.Conv2D(4, 3, groups=groups, padding="same", bias_initializer="ones")
    norm = keras.layers.BatchNormalization(epsilon=1e-3)
    x = random_images(8, 8)[..., :2]
    norm(convolution(x))
    rng = np.random.default_rng(0)
    norm.set_weights([rng.uniform(0.5, 2, 4).astype(np.float32) for _ in range(4)])
    np.testing.assert_allclose(fold(convolution, norm)(x), norm(convolution(x)), rtol=1e-4, atol=1e-3)
