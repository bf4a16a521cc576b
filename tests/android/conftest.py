"""Fixtures of the Android tests: the library on a JVM, and a TFLite that it can run."""

import sys
import tarfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import jvm


@pytest.fixture(scope="session")
def classes(tmp_path_factory):
    """A folder with the library's classes, those of its JUnit tests, and the driver's."""
    folder = tmp_path_factory.mktemp("classes")
    jvm.compile_java(folder, jvm.LIBRARY / "main", release=8)
    jvm.compile_java(folder, jvm.LIBRARY / "test", jvm.DRIVER)
    return folder


@pytest.fixture(scope="session")
def driver(classes):
    """The library on a JVM, ready to answer."""
    started = jvm.Driver(classes)
    yield started
    assert started.close()


@pytest.fixture(scope="session")
def tflite_c(tmp_path_factory):
    """Path of TFLite's C interface as a shared library."""
    folder = tmp_path_factory.mktemp("tflite_c")
    with tarfile.open(jvm.tflite_c()) as archive:
        archive.extract(jvm.TFLITE_C_FILE, folder, filter="data")
    return folder / jvm.TFLITE_C_FILE


@pytest.fixture(scope="session")
def targets(tmp_path_factory):
    """Paths of the smallest released 320-pixel file as `--target phone` and `--target web` make it."""
    from ffkeras.conversion.borders import add_float_borders
    from ffkeras.conversion.decoding import append_decoding

    raw = (jvm.MODELS / "nano_b_320_int8.tflite").read_bytes()
    folder = tmp_path_factory.mktemp("targets")
    for name, make in (("phone", append_decoding), ("web", add_float_borders)):
        (folder / f"{name}.tflite").write_bytes(make(raw))
    return {path.stem: path for path in folder.iterdir()}
