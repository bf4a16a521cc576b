import dataclasses
import os
import signal

import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.models.saving import load_run
from ffkeras.quantization.saving import load_quantized
from ffkeras.training.config import QUANTIZE_DEFAULTS, TrainingConfig
from ffkeras.training.run import resume_run, start_run
from tests.small_networks import PLAIN_V2_ULTRA

NETWORK = dataclasses.replace(PLAIN_V2_ULTRA, backbone_attention=False)
SETTINGS = {"synthetic_count": 16, "image_size": (64, 64), "batch_size": 4, "validation_size": (64, 64)}


@pytest.fixture(scope="module")
def float_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("float")
    start_run(NETWORK, TrainingConfig(epochs=2, **SETTINGS), folder).run()
    return folder


@pytest.fixture(scope="module")
def config(float_run):
    return TrainingConfig.of_kind(True, start_from=str(float_run), **{**SETTINGS, "epochs": 2})


@pytest.fixture(scope="module")
def ranges_and_run(config, tmp_path_factory):
    """The ranges that a run starts with, and the run when it has finished."""
    trainer = start_run(None, config, tmp_path_factory.mktemp("quantized"))
    ranges = trainer.model.ranges.numpy().copy()
    trainer.run()
    return ranges, trainer


@pytest.fixture(scope="module")
def finished(ranges_and_run):
    return ranges_and_run[1]


def test_a_quantized_run_learns_and_saves_what_it_validated(finished, float_run):
    network = load_quantized(finished.folder)
    start = load_run(float_run)
    assert network.config.class_logits == 1 and start.config.class_logits == 2  # simplified first
    images = np.random.default_rng(0).uniform(-128, 127, (1, 64, 64, 3)).astype(np.float32)
    exact, rounded = start(images), network(images)
    for name in ("bbox_regression", "landmarks"):
        assert not np.array_equal(exact[name], rounded[name])
        assert np.corrcoef(exact[name].numpy().ravel(), rounded[name].numpy().ravel())[0, 1] > 0.8


def test_a_resumed_run_goes_on_with_the_weights_and_ranges_of_its_checkpoint(finished):
    resumed = resume_run(finished.folder)
    resumed.checkpoint.restore()
    for weight, wanted in zip(resumed.model.weights, finished.model.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), wanted.numpy(), err_msg=wanted.name)


@pytest.mark.slow
def test_an_interrupted_quantized_run_ends_as_an_uninterrupted_one(finished, config, tmp_path):
    first = start_run(None, config, tmp_path)
    after = first._after_step

    def stop_at_three(now, *arguments):
        after(now, *arguments)
        if now == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    first._after_step = stop_at_three
    with pytest.raises(KeyboardInterrupt):
        first.run()
    resumed = resume_run(tmp_path)
    resumed.run()
    for weight, wanted in zip(resumed.model.weights, finished.model.weights, strict=True):
        np.testing.assert_allclose(weight.numpy(), wanted.numpy(), rtol=1e-2, atol=1e-3, err_msg=wanted.name)


def test_ranges_do_not_move_while_weights_learn(ranges_and_run):
    ranges, finished = ranges_and_run
    assert np.ptp(ranges, axis=1).max() > 0
    np.testing.assert_array_equal(finished.model.ranges, ranges)


def test_short_runs_are_the_default_with_rounding():
    assert TrainingConfig.of_kind(True, start_from="run").epochs == QUANTIZE_DEFAULTS["epochs"]
    assert TrainingConfig.of_kind(False).epochs == TrainingConfig().epochs
    assert TrainingConfig.of_kind(True, start_from="run", epochs=7).epochs == 7


@pytest.mark.parametrize(("values", "sentence"), [({}, "--from"), ({"start_from": "a", "backbone": "b"}, "--backbone")])
def test_what_rounding_cannot_start_from_is_said(values, sentence):
    with pytest.raises(UserError, match=sentence):
        TrainingConfig.of_kind(True, **values)


def test_a_missing_float_run_is_named(tmp_path):
    config = TrainingConfig.of_kind(True, start_from=str(tmp_path / "none"), **SETTINGS)
    with pytest.raises(UserError, match="none is not a run folder"):
        start_run(None, config, tmp_path / "out")
