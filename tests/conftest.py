"""Fixtures that several folders share."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")

FOLDERS_OF_ONE_WORKER = ("conversion", "models", "pruning", "quantization")  # whose tests share networks and files
FOLDERS_OF_LONG_TESTS = (*FOLDERS_OF_ONE_WORKER, "training", "stablehlo", "tools")
LAMP_SIZE = (96, 128)  # height, width: not square, so that swapped axes show
LAMP_CELL = 8
LAMP_ANCHOR = 32
LAMP_BOX_CODE = (0.5, -0.5, 0.5, -0.5)
LAMP_LANDMARK_CODE = (-2.0, -2.0, 2.0, -2.0, 0.0, 0.0, -1.5, 2.0, 1.5, 2.0)


def _folder(test: str) -> str:
    """Of a test's id, the folder in `tests/`."""
    return test.removeprefix("tests/").partition("/")[0]


def pytest_collection_modifyitems(items):
    """Folders of long tests first, so that no worker is left with one of them at the end."""
    rank = {folder: place for place, folder in enumerate(FOLDERS_OF_LONG_TESTS)}
    items.sort(key=lambda item: rank.get(_folder(item.nodeid), len(rank)))


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's
def pytest_xdist_make_scheduler(config, log):
    """Workers take file by file, as by `--dist loadfile`, and some folders whole."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            folder = _folder(nodeid)
            return folder if folder in FOLDERS_OF_ONE_WORKER else super()._split_scope(nodeid)

    return Scheduling(config, log)


def _lamp_network():
    """A network that finds white cells of 8 x 8 pixels: its "face" is the 32-pixel anchor around one."""
    from ffkeras.backend import keras

    pixels = keras.Input((*LAMP_SIZE, 3), batch_size=1)
    brightness = keras.layers.AveragePooling2D(LAMP_CELL)(pixels)

    def head(name, weights, bias):
        kernel = np.broadcast_to(np.array(weights, np.float32) / 3, (1, 1, 3, len(weights)))
        layer = keras.layers.Conv2D(len(weights), 1, weights=[kernel, np.array(bias, np.float32)])
        return keras.layers.Reshape((-1, len(weights)), name=name)(layer(brightness))

    logits = head("logits", [-0.05, 0.05], [0, 0])
    outputs = {
        "classification": keras.layers.Softmax()(logits),
        "bbox_regression": head("boxes", [0] * 4, LAMP_BOX_CODE),
        "landmarks": head("points", [0] * 10, LAMP_LANDMARK_CODE),
    }
    return keras.Model(pixels, outputs)


def _convert(int8: bool) -> bytes:
    from ffkeras.backend import tf

    converter = tf.lite.TFLiteConverter.from_keras_model(_lamp_network())
    if int8:
        levels = [np.full((1, *LAMP_SIZE, 3), level, np.float32) for level in (-128, 0, 127)]
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([image] for image in levels)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def _with_record(model: bytes, quantization: str) -> bytes:
    from ai_edge_litert.interpreter import Interpreter

    from ffkeras.geometry import AnchorConfig
    from ffkeras.runtime import Metadata
    from ffkeras.tflite_file.record import write_metadata

    widths = {2: "classification", 4: "bbox_regression", 10: "landmarks"}
    details = Interpreter(model_content=model).get_output_details()
    record = Metadata(
        network="nano_b",
        image_size=LAMP_SIZE,
        mean=(128, 128, 128),
        anchors=AnchorConfig(sizes=((LAMP_ANCHOR,),), strides=(LAMP_CELL,)),
        outputs={widths[entry["shape"][-1]]: entry["name"] for entry in details},
        quantization=quantization,
    )
    return write_metadata(model, record)


@pytest.fixture(scope="session")
def lamp_plain() -> bytes:
    """The int8 lamp network as the converter writes it, without a record."""
    return _convert(int8=True)


@pytest.fixture(scope="session")
def lamp_int8(lamp_plain, tmp_path_factory) -> Path:
    """The int8 lamp network with its record."""
    path = tmp_path_factory.mktemp("lamp") / "lamp_int8.tflite"
    path.write_bytes(_with_record(lamp_plain, "int8"))
    return path


@pytest.fixture(scope="session")
def lamp_float(tmp_path_factory) -> Path:
    """The float32 lamp network with its record."""
    path = tmp_path_factory.mktemp("lamp") / "lamp_float.tflite"
    path.write_bytes(_with_record(_convert(int8=False), "none"))
    return path


@pytest.fixture
def lamp_image():
    """A black image of the network's own size with one white cell in row 6, column 4."""
    image = np.zeros((*LAMP_SIZE, 3), np.uint8)
    image[48:56, 32:40] = 255
    return image


@pytest.fixture
def lamp_face():
    """The box [4] and landmarks [5, 2] that the network should find in `lamp_image`, in pixels."""
    centre = np.array([36.0, 52.0])
    size = LAMP_ANCHOR * np.exp(0.2 * np.array(LAMP_BOX_CODE[2:]))
    middle = centre + 0.1 * np.array(LAMP_BOX_CODE[:2]) * LAMP_ANCHOR
    landmarks = centre + 0.1 * LAMP_ANCHOR * np.array(LAMP_LANDMARK_CODE).reshape(5, 2)
    return np.concatenate([middle - size / 2, middle + size / 2]), landmarks


@pytest.fixture(scope="session")
def small_run(tmp_path_factory) -> Path:
    """A run folder with a narrow Nano-B without its modules, untrained: pruned and trained in seconds."""
    from ffkeras.models import BackboneConfig, NanoBConfig
    from ffkeras.models.build import build_model
    from ffkeras.models.saving import save_run
    from tests.small_networks import SMALL_WIDTHS

    modules = dict.fromkeys(("attention", "scale_decoupling", "mse_fpn", "assn"), False)
    config = NanoBConfig(backbone=BackboneConfig(widths=SMALL_WIDTHS), pyramid_channels=16, **modules)
    folder = tmp_path_factory.mktemp("small") / "run"
    save_run(build_model(config), folder)
    return folder
