"""Networks and their converted files, made once for the tests of this folder."""

from pathlib import Path

import numpy as np
import pytest

PHOTOS = Path(__file__).resolve().parents[1] / "data" / "photos"
IMAGE_SIZE = (64, 96)  # height, width: not square, so that swapped axes show


def _lively(config, canvases):
    """A network whose BatchNorm statistics are those of real images: a fresh network's maps fade to nothing."""
    from ffkeras.backend import keras
    from ffkeras.models.build import build_model

    keras.utils.set_random_seed(2)
    model = build_model(config)
    norms = [layer for layer in model.submodules if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms:
        norm.momentum = 0.5
    batch = np.stack(canvases).astype(np.float32) - np.array(config.mean, np.float32)
    for _ in range(6):
        model(batch, training=True)
    return model


@pytest.fixture(scope="session")
def photos():
    from ffkeras.images import list_images, read_image

    return [read_image(path) for path in list_images([PHOTOS])]


@pytest.fixture(scope="session")
def canvases(photos):
    from ffkeras.conversion.calibration import calibration_canvases

    return calibration_canvases(photos, IMAGE_SIZE, (128, 128, 128), 12)


@pytest.fixture(scope="session")
def v2_ultra(canvases):
    from ffkeras.models import V2UltraConfig

    return _lively(V2UltraConfig(pyramid_layers=1), canvases)


@pytest.fixture(scope="session")
def nano_b(canvases):
    from ffkeras.models import NanoBConfig

    return _lively(NanoBConfig(pyramid_layers=1), canvases)


def _converted(folder, model, representative):
    from ffkeras.conversion.tflite import convert

    path = folder / "model.tflite"
    path.write_bytes(convert(model, IMAGE_SIZE, representative, license="MIT"))
    return path


@pytest.fixture(scope="session")
def v2_ultra_float(tmp_path_factory, v2_ultra):
    return _converted(tmp_path_factory.mktemp("v2_float"), v2_ultra, None)


@pytest.fixture(scope="session")
def v2_ultra_int8(tmp_path_factory, v2_ultra_int8_plain):
    from ffkeras.conversion.xnnpack_passes import apply_xnnpack_passes

    path = tmp_path_factory.mktemp("v2_int8") / "model.tflite"
    path.write_bytes(apply_xnnpack_passes(v2_ultra_int8_plain))
    return path


@pytest.fixture(scope="session")
def v2_ultra_int8_plain(v2_ultra, canvases):
    """The bytes of a file without fast forms."""
    from ffkeras.conversion.tflite import convert

    return convert(v2_ultra, IMAGE_SIZE, canvases, license="MIT", xnnpack_passes=False)


@pytest.fixture(scope="session")
def nano_b_int8(tmp_path_factory, nano_b, canvases):
    return _converted(tmp_path_factory.mktemp("nano_int8"), nano_b, canvases)
