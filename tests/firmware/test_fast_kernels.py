from pathlib import Path

from ffkeras.firmware.fast_kernels import SlowPaths, find_slow_paths

MODEL = Path(__file__).resolve().parents[2] / "tflite" / "models" / "nano_b_micro_160_int8.tflite"


def test_operations_without_a_fast_kernel_and_odd_channels_are_counted():
    found = find_slow_paths(MODEL.read_bytes())
    assert found.operations == 285
    assert found.reference == {"LOGISTIC": 21, "MEAN": 15, "REDUCE_MAX": 11, "RELU": 6, "SUB": 4}
    assert found.convolutions == 122
    assert 100 < found.odd < 122
    note = found.note(MODEL.name)
    assert "57 of 285 operations have no kernel of CMSIS-NN (LOGISTIC 21, " in note
    assert f"{found.odd} of 122 convolutions have channels that 4 does not divide" in note


def test_the_small_network_of_the_tests_has_convolutions_that_fit_or_are_counted(lamp_int8):
    found = find_slow_paths(lamp_int8.read_bytes())
    assert found.reference == {} and found.convolutions == 3
    assert found.odd == 3  # three channels of brightness, behind the picture


def test_where_there_is_little_nothing_is_said():
    assert SlowPaths(136, {"LOGISTIC": 1}, 70, 7).note("a.tflite") is None
    assert "operations have" not in SlowPaths(136, {"LOGISTIC": 1}, 70, 20).note("a.tflite")
    assert "convolutions have" not in SlowPaths(136, {"LOGISTIC": 9}, 70, 7).note("a.tflite")
