import importlib.util
import json
import stat
import sys

import numpy as np
import pytest

from ffkeras.crosscheck.check import Settings, check_file
from ffkeras.crosscheck.markdown import to_markdown
from ffkeras.crosscheck.report import FileReport
from ffkeras.crosscheck.sample import Sample
from ffkeras.runtimes.registry import RUNTIMES

micro = pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None, reason="tflite-micro is not installed (Linux on x86-64)"
)
LIGHT = [runtime for runtime in RUNTIMES if not runtime.machine and runtime.package in ("litert", "micro")]
ON_ARM = next(runtime for runtime in RUNTIMES if runtime.machine and runtime.family == "reference")


def silent(name):
    return lambda done, of: None


@pytest.fixture
def images(lamp_image):
    return {"lamp": lamp_image, "turned": np.ascontiguousarray(lamp_image[:, ::-1])}


@micro
def test_int8_file_passes_and_the_reference_family_is_exact(lamp_int8, images):
    report = check_file(lamp_int8, Settings(LIGHT, images, 2, Sample(), operations=True), silent)
    assert report.all_faults == []
    assert report.reference == "LiteRT, reference kernels"
    micro = next(result for result in report.runtimes if result.name == "TFLite Micro")
    assert micro.exact is True
    assert (micro.images, micro.faces.faces) == (2, 2)
    assert report.arena and report.arena % 16 == 0
    assert {entry.operation for entry in report.operations} >= {"AVERAGE_POOL_2D", "CONV_2D"}


def test_report_survives_the_way_through_json(lamp_float, images):
    report = check_file(lamp_float, Settings(LIGHT[:2], images, 2, Sample()), silent)
    assert report.all_faults == []
    assert FileReport.from_json(json.loads(json.dumps(report.to_json()))) == report
    assert "| LiteRT, reference kernels | the reference |" in to_markdown([report], {}, None)


def wrong_runtime(tmp_path):
    """A Python "for ARM" whose runtime sees every image mirrored."""
    python = tmp_path / "python"
    turn = f"import numpy as np; x = np.load('$6'); np.save('{tmp_path}/turned.npy', x[..., ::-1, :])"
    python.write_text(
        f'#!/bin/sh\n{sys.executable} -c "{turn}"\n'
        f'exec {sys.executable} "$1" "$2" litert reference "$5" {tmp_path}/turned.npy "$7"\n'
    )
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    return python


def test_member_of_an_exact_family_that_differs_fails_the_file(lamp_int8, images, tmp_path):
    settings = Settings([*LIGHT[:1], ON_ARM], images, 1, Sample(), arm_python=wrong_runtime(tmp_path))
    report = check_file(lamp_int8, settings, silent)
    assert any("is not exact, where reference runtimes must be" in fault for fault in report.all_faults)
    assert report.runtimes[1].images == 1


def test_crash_of_one_runtime_fails_the_file_and_leaves_the_others(lamp_int8, images, tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nkill -SEGV $$\n")
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    report = check_file(lamp_int8, Settings([*LIGHT, ON_ARM], images, 1, Sample(), arm_python=python), silent)
    (fault,) = report.all_faults
    assert fault.endswith("crashed (SIGSEGV)")
    assert sum(result.failure is None for result in report.runtimes) == len(LIGHT)


@pytest.fixture
def gelu_file(tmp_path):
    """A float network with an operation that TFLite Micro lacks."""
    from ffkeras.backend import keras, tf
    from ffkeras.geometry import AnchorConfig
    from ffkeras.runtime import Metadata
    from ffkeras.tflite_file.record import write_metadata

    pixels = keras.Input((96, 128, 3), batch_size=1)
    pooled = keras.layers.Activation("gelu")(keras.layers.AveragePooling2D(8)(pixels))
    widths = {2: "classification", 4: "bbox_regression", 10: "landmarks"}
    outputs = [keras.layers.Reshape((-1, width))(keras.layers.Conv2D(width, 1)(pooled)) for width in widths]
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(pixels, outputs))
    model = converter.convert()
    details = tf.lite.Interpreter(model_content=model).get_output_details()
    names = {widths[entry["shape"][-1]]: entry["name"] for entry in details}
    anchors = AnchorConfig(sizes=((32,),), strides=(8,))
    record = Metadata("nano_b", (96, 128), (128, 128, 128), anchors, names, "none")
    path = tmp_path / "gelu.tflite"
    path.write_bytes(write_metadata(model, record))
    return path


@micro
def test_operation_that_micro_lacks_is_named_and_does_not_fail_the_file(gelu_file, images):
    report = check_file(gelu_file, Settings(LIGHT, images, 1, Sample()), silent)
    micro = next(result for result in report.runtimes if result.name == "TFLite Micro")
    assert micro.failure == "lacks GELU"
    assert (report.arena, report.arena_note) == (None, "TFLite Micro lacks GELU")
    assert report.operations == ()
    assert report.all_faults == []
