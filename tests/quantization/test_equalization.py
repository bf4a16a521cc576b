import numpy as np
import pytest

from ffkeras.backend import keras
from ffkeras.models import NanoBConfig
from ffkeras.models.build import build_model
from ffkeras.quantization.equalization import HEADROOM, _channel_peaks, _units, equalize_backbone
from tests.models.networks import lively_network, random_images


@pytest.fixture(scope="module")
def canvases():
    return list((random_images(batch=12) + 128).astype(np.uint8))


@pytest.fixture(scope="module")
def uneven():
    """A network with every third channel of its stem a hundred times smaller, and what reads it as much larger."""
    even = lively_network(NanoBConfig(pyramid_layers=1))
    model = build_model(even.config)
    model.set_weights(even.get_weights())
    stem, depthwise, *_ = _units(model.backbone)
    small = np.where(np.arange(8) % 3 == 0, 0.01, 1).astype(np.float32)
    stem.norm.gamma.assign(stem.norm.gamma * small)
    stem.norm.beta.assign(stem.norm.beta * small)
    depthwise.convolution.depthwise_kernel.assign(depthwise.convolution.depthwise_kernel / small[:, None])
    return model


@pytest.fixture(scope="module")
def equalized(uneven, canvases):
    return equalize_backbone(uneven, canvases)


@pytest.fixture(scope="module")
def peaks(uneven, equalized, canvases):
    """Of each unit, the peaks before and after."""
    return list(
        zip(
            *(_channel_peaks(_units(model.backbone), canvases, model.config.mean) for model in (uneven, equalized)),
            strict=True,
        )
    )


def test_outputs_stay_as_they_are(uneven, equalized, canvases):
    batch = np.stack(canvases[:4]).astype(np.float32) - 128
    for name, expected in uneven(batch).items():
        np.testing.assert_allclose(equalized(batch)[name], expected, atol=1e-3 * np.abs(expected).max())


def test_small_channels_get_the_range_of_the_others(peaks):
    before, after = peaks[0]
    alive = before > 0
    assert before[alive].min() < 0.05 * before.max()
    assert after[alive].min() > 0.7 * after.max()
    assert after.max() <= max(6 / HEADROOM, before.max()) + 1e-4


def test_no_channel_shrinks(peaks):
    assert all((after >= before - 1e-3).all() for before, after in peaks)


def test_the_given_network_is_left_alone(uneven, canvases):
    before = [weight.copy() for weight in uneven.get_weights()]
    equalize_backbone(uneven, canvases[:2])
    for old, new in zip(before, uneven.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_channels_that_are_always_off_are_no_problem(uneven, canvases):
    model = build_model(uneven.config)
    model.set_weights(uneven.get_weights())
    norm = model.backbone.stem.norm
    norm.gamma.assign(keras.backend.zeros_like(norm.gamma))
    norm.beta.assign(-np.ones(8, np.float32))
    assert all(np.isfinite(weight).all() for weight in equalize_backbone(model, canvases[:2]).get_weights())
