import errno
import os

import h5py
import numpy as np
import pytest

from ffkeras.backend import keras
from ffkeras.errors import UserError
from ffkeras.models import NanoBConfig, V2UltraConfig
from ffkeras.models.build import build_model
from ffkeras.models.saving import load_run, load_weights, save_run


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(5)
    model = build_model("v2_ultra")
    rng = np.random.default_rng(0)
    for weight in model.weights:  # no weight at its initial value, so that none can go missing unseen
        weight.assign(np.abs(rng.normal(0.1, 0.05, weight.shape)))
    return model


@pytest.fixture(scope="module")
def run(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "first"
    save_run(model, folder)
    return folder


def test_a_run_comes_back_as_it_was(model, run):
    loaded = load_run(run)
    assert loaded.config == model.config
    for ours, theirs in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_run_holds_two_files_and_no_leftovers(run):
    assert sorted(path.name for path in run.iterdir()) == ["model.json", "model.weights.h5"]


def test_the_weights_are_those_that_keras_writes(model, run, tmp_path):
    model.save_weights(tmp_path / "keras.weights.h5")
    assert read_arrays(run / "model.weights.h5") == read_arrays(tmp_path / "keras.weights.h5")


def read_arrays(path):
    arrays = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, entry: arrays.update({name: entry[()].tobytes()} if hasattr(entry, "dtype") else {})
        )
    return arrays


def test_a_full_disk_is_one_sentence_and_leaves_nothing(model, tmp_path, monkeypatch):
    def write_to_full_disk(path, data):
        path.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pathlib.Path.write_bytes", write_to_full_disk)
    with pytest.raises(UserError, match=r"cannot write .*model\.weights\.h5: No space left on device; [^\n]*$"):
        save_run(model, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "config", ["nano_b", "v1", V2UltraConfig(trunk_channels=0), V2UltraConfig(pyramid_channels=16)]
)
def test_weights_of_another_configuration_are_refused(run, config):
    with pytest.raises(UserError, match="configuration"):
        load_weights(build_model(config), run / "model.weights.h5")


def test_weights_of_a_larger_network_are_refused(tmp_path):
    larger, smaller = NanoBConfig(), NanoBConfig(attention=False, mse_fpn=False)
    save_run(build_model(larger), tmp_path / "run")
    with pytest.raises(UserError, match="arrays"):
        load_weights(build_model(smaller), tmp_path / "run" / "model.weights.h5")


def test_truncated_weights_are_refused(run, model, tmp_path):
    path = tmp_path / "model.weights.h5"
    path.write_bytes((run / "model.weights.h5").read_bytes()[:5000])
    with pytest.raises(UserError, match="model.weights.h5"):
        load_weights(build_model("v2_ultra"), path)


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(UserError, match="not a run folder"):
        load_run(tmp_path)


def test_a_run_without_weights_is_refused(run, tmp_path):
    (tmp_path / "model.json").write_text((run / "model.json").read_text())
    with pytest.raises(UserError, match="does not exist"):
        load_run(tmp_path)


def test_a_run_with_a_broken_configuration_is_refused(tmp_path):
    (tmp_path / "model.json").write_text("{")
    with pytest.raises(UserError, match="model.json"):
        load_run(tmp_path)
