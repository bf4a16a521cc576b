import subprocess
import sys

import numpy as np
import pytest

from ffkeras.crosscheck.check import Settings
from ffkeras.crosscheck.device_inputs import write_device_inputs
from ffkeras.crosscheck.sample import Sample
from ffkeras.errors import UserError
from ffkeras.runtimes import worker
from ffkeras.runtimes.registry import RUNTIMES

LITERT = [runtime for runtime in RUNTIMES if not runtime.machine and runtime.package == "litert"]


def test_a_device_that_runs_the_inputs_gives_the_outputs(lamp_int8, lamp_image, tmp_path):
    settings = Settings(LITERT, {"lamp": lamp_image, "dark": np.zeros_like(lamp_image)}, 1, Sample())
    inputs, reference = write_device_inputs(lamp_int8, settings, tmp_path / "device")
    assert [path.name for path in (inputs, reference)] == ["lamp_int8_inputs.npy", "lamp_int8_reference.npz"]
    outputs = tmp_path / "outputs.npz"
    task = ["images", "litert", "optimised", lamp_int8, inputs, outputs]
    subprocess.run([sys.executable, worker.__file__, *map(str, task)], check=True, capture_output=True)
    with np.load(reference) as expected, np.load(outputs) as given:
        assert sorted(expected.files) == sorted(given.files)
        for name in set(expected.files) - {"version"}:
            assert len(expected[name]) == 2
            assert np.abs(expected[name].astype(float) - given[name]).max() <= 1


def test_reference_kernels_must_be_there(lamp_int8, lamp_image, tmp_path):
    others = [runtime for runtime in LITERT if runtime.kernels != "reference"]
    with pytest.raises(UserError, match="no runtime with reference kernels"):
        write_device_inputs(lamp_int8, Settings(others, {"lamp": lamp_image}, 1, Sample()), tmp_path)
