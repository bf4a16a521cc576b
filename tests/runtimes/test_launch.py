import stat

import numpy as np
import pytest

from ffkeras.runtimes.launch import run_worker
from ffkeras.runtimes.registry import ARM, RUNTIMES, find_runtimes

LITERT = RUNTIMES[0]
ON_ARM = next(runtime for runtime in RUNTIMES if runtime.machine == ARM)


@pytest.fixture
def inputs(tmp_path, lamp_image):
    path = tmp_path / "inputs.npy"
    np.save(path, np.stack([lamp_image, 255 - lamp_image])[:, None] ^ 0x80)
    values = np.load(path).view(np.int8)
    np.save(path, values)
    return path


def stand_in(tmp_path, script):
    """An executable that is started in place of an emulated Python."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_outputs_come_back_with_version_and_progress(lamp_int8, inputs, tmp_path):
    seen = []
    run = run_worker(LITERT, "images", lamp_int8, inputs, tmp_path, progress=lambda *at: seen.append(at))
    assert run.failure is None
    assert seen == [(1, 2), (2, 2)]
    assert [values.shape for values in run.outputs][0][:2] == (2, 192)
    assert run.version.split(".")[0].isdigit()


@pytest.mark.parametrize("runtime", [entry for entry in find_runtimes(None) if entry.package != "tensorflow"])
def test_every_light_runtime_runs_an_int8_file(runtime, lamp_int8, inputs, tmp_path):
    run = run_worker(runtime, "images", lamp_int8, inputs, tmp_path)
    assert run.failure is None, run.failure
    assert len(run.outputs) == 3


def test_crash_is_told_by_its_signal(lamp_int8, inputs, tmp_path):
    run = run_worker(ON_ARM, "images", lamp_int8, inputs, tmp_path, stand_in(tmp_path, "kill -SEGV $$"))
    assert run.crashed
    assert run.failure == "crashed (SIGSEGV)"


def test_refusal_is_told_by_the_last_words(lamp_int8, inputs, tmp_path):
    run = run_worker(
        ON_ARM, "images", lamp_int8, inputs, tmp_path, stand_in(tmp_path, "echo no such thing >&2; exit 3")
    )
    assert not run.crashed
    assert run.failure == "no such thing"


def test_python_that_cannot_be_started_is_a_failure_too(lamp_int8, inputs, tmp_path):
    python = stand_in(tmp_path, "")
    python.chmod(0o600)
    run = run_worker(ON_ARM, "images", lamp_int8, inputs, tmp_path, python)
    assert "cannot be started" in run.failure
