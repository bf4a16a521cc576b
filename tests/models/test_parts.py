import dataclasses

import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.models.build import build_model
from ffkeras.models.config import NanoBConfig, V1Config, V2UltraConfig
from ffkeras.models.parts import load_parts, part_names, part_weights
from ffkeras.models.saving import save_run

NANO_B = NanoBConfig(attention=False, scale_decoupling=False, mse_fpn=False, assn=False)


def distinct(config, seed):
    """A network whose arrays are all different, statistics too."""
    model, rng = build_model(config), np.random.default_rng(seed)
    model.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def v1_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("v1")
    save_run(distinct(V1Config(attention="none", context="standard"), 1), folder)
    return folder


@pytest.mark.parametrize("config", [NANO_B, V2UltraConfig(), V1Config()])
def test_every_weight_is_in_a_part(config):
    model = build_model(config)
    found = [id(weight) for part in part_names(model) for weight in part_weights(model, part).values()]
    assert set(found) == {id(weight) for weight in model.weights}


def test_a_backbone_is_taken_whole_and_the_rest_stays(v1_run, caplog):
    caplog.set_level("INFO")
    model = distinct(NANO_B, 2)
    before = [weight.numpy() for weight in model.heads.weights]
    load_parts(model, v1_run, ["backbone"])
    source = distinct(V1Config(attention="none", context="standard"), 1)
    offered = part_weights(source, "backbone")
    for name, weight in part_weights(model, "backbone").items():
        np.testing.assert_array_equal(weight.numpy(), offered[name].numpy(), err_msg=name)
    for weight, kept in zip(model.heads.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), kept)
    assert "backbone: 135 of 135 arrays" in caplog.text


def test_shapes_that_differ_are_left_and_told(tmp_path, caplog):
    caplog.set_level("INFO")
    save_run(distinct(NANO_B, 3), tmp_path)
    model = distinct(dataclasses.replace(NANO_B, pyramid_channels=64), 4)
    kernels = {name: weight.numpy() for name, weight in part_weights(model, "pyramid").items()}
    load_parts(model, tmp_path, ["pyramid"])
    offered = part_weights(distinct(NANO_B, 3), "pyramid")
    for name, weight in part_weights(model, "pyramid").items():
        same = offered[name].shape == weight.shape
        expected = offered[name].numpy() if same else kernels[name]
        np.testing.assert_array_equal(weight.numpy(), expected, err_msg=name)
    assert "as they were: " in caplog.text


def test_parts_that_are_not_there_or_do_not_fit_are_named(v1_run, tmp_path):
    model = build_model(NANO_B)
    with pytest.raises(UserError, match=r"no part 'neck'; its parts are backbone, "):
        load_parts(model, v1_run, ["neck"])
    with pytest.raises(UserError, match="not a run folder"):
        load_parts(model, tmp_path / "gone", ["backbone"])
