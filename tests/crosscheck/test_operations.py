import numpy as np

from ffkeras.crosscheck.operations import SingleOperations, compare_operations
from ffkeras.runtimes.registry import RUNTIMES


def test_file_falls_apart_into_operations_that_run_alone(lamp_int8, tmp_path, lamp_image):
    single = SingleOperations(lamp_int8.read_bytes())
    assert "AVERAGE_POOL_2D" in single.names

    inputs = tmp_path / "inputs.npy"
    np.save(inputs, (lamp_image ^ 0x80).view(np.int8)[None, None])
    reference = RUNTIMES[0]
    others = [r for r in RUNTIMES if not r.machine and r.package in ("litert", "micro") and r != reference]
    found = compare_operations(lamp_int8, inputs, reference, others, tmp_path)
    assert {entry.runtime for entry in found} == {runtime.name for runtime in others}
    assert sum(entry.count for entry in found if entry.runtime == "TFLite Micro") == len(single.names)
    assert max(entry.largest for entry in found) <= 1
    assert not any(entry.failed for entry in found)
    assert not any(entry.differing for entry in found if entry.runtime == "TFLite Micro")
