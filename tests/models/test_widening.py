import dataclasses

import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.models.build import build_model
from ffkeras.models.config import NanoBConfig, V2UltraConfig
from ffkeras.models.parts import part_names, part_weights
from ffkeras.models.saving import save_run
from ffkeras.models.widening import load_widened
from ffkeras.training.config import TrainingConfig
from ffkeras.training.run import initial_model

NARROW = NanoBConfig(pyramid_channels=16, attention=False, scale_decoupling=False, mse_fpn=False, assn=False)
IMAGE = np.random.default_rng(3).uniform(-128, 128, (2, 96, 64, 3)).astype(np.float32)


def with_widths(config, change):
    """The network with other channels of the backbone."""
    widths = tuple(map(change, config.backbone.widths))
    return dataclasses.replace(config, backbone=dataclasses.replace(config.backbone, widths=widths))


def trained(config):
    """A network with statistics and heads as after training."""
    model, rng = build_model(config), np.random.default_rng(1)
    for part in part_names(model):
        for name, weight in part_weights(model, part).items():
            if name.endswith(("gamma", "moving_variance")):
                weight.assign(rng.uniform(0.5, 1.5, weight.shape))
            elif name.endswith("beta"):
                weight.assign(rng.normal(0.5, 0.5, weight.shape))
            elif part == "heads":
                weight.assign(rng.normal(0.0, 0.5, weight.shape))
    return model


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """A run and its folder."""
    model, folder = trained(NARROW), tmp_path_factory.mktemp("narrow")
    save_run(model, folder)
    return model, folder


@pytest.mark.parametrize(
    "config",
    [
        with_widths(NARROW, lambda width: 2 * width),
        with_widths(NARROW, lambda width: width + 3 * (width < 64)),
        dataclasses.replace(NARROW, share_pyramid=False),
        dataclasses.replace(NARROW, pyramid_channels=32),  # the shuffle after the branches keeps their order
    ],
)
def test_a_wider_network_computes_the_same(narrow, config):
    model, folder = narrow
    wide = build_model(config)
    load_widened(wide, folder)
    expected = model(IMAGE, training=False)
    for name, output in wide(IMAGE, training=False).items():
        np.testing.assert_allclose(output, expected[name], atol=1e-4, err_msg=name)


def test_a_training_starts_from_a_narrower_run(narrow):
    model, folder = narrow
    wide = initial_model(with_widths(NARROW, lambda width: width + 8), TrainingConfig(start_from=str(folder)))
    outputs, expected = (network(IMAGE, training=False)["bbox_regression"] for network in (wide, model))
    np.testing.assert_allclose(outputs, expected, atol=1e-4)


def test_further_channels_can_learn(narrow):
    """They are neither zero nor copies, so that gradients reach what reads them."""
    wide = build_model(with_widths(NARROW, lambda width: 2 * width))
    load_widened(wide, narrow[1])
    kernel = wide.backbone.stem.convolution.kernel.numpy()
    further = kernel[..., kernel.shape[3] // 2 :].reshape(-1, kernel.shape[3] // 2)
    assert np.linalg.matrix_rank(further) == further.shape[1]


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (with_widths(NARROW, lambda width: width // 2), "as wide or wider"),
        (dataclasses.replace(NARROW, attention=True), "other layers|has the parts"),
        (V2UltraConfig(), "use --parts"),
    ],
)
def test_what_does_not_fit_is_said(narrow, config, sentence):
    with pytest.raises(UserError, match=sentence):
        load_widened(build_model(config), narrow[1])


def test_channels_that_a_concatenation_moves_are_refused(tmp_path):
    config = dataclasses.replace(NARROW, shuffle_groups=1)
    save_run(trained(config), tmp_path)
    with pytest.raises(UserError, match="concatenated"):
        load_widened(build_model(dataclasses.replace(config, pyramid_channels=32)), tmp_path)
