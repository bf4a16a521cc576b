import importlib.util
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import cpp

from ffkeras.errors import UserError
from ffkeras.firmware import model_identifier, read_model_info, write_c_array
from ffkeras.firmware.c_network import export_c
from tests import forged

RELEASED = sorted((Path(__file__).resolve().parents[2] / "tflite" / "models").glob("*_int8.tflite"))

needs_tflite_micro = pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None, reason="tflite-micro is not installed (Linux on x86-64)"
)

CHECK = """
#include <cstdio>
#include "lamp_int8_model.h"

using namespace lamp_int8_model;

// Counts, and refuses what is registered twice, as the real one does. 0 is kTfLiteOk.
struct Resolver {
  enum Status { kOk = 0, kError = 1 };
  int calls = 0;
  int pools = 0, convolutions = 0, reshapes = 0, softmaxes = 0;
  Status Count(int& seen) { ++calls; return seen++ ? kError : kOk; }
  Status AddAveragePool2D() { return Count(pools); }
  Status AddConv2D() { return Count(convolutions); }
  Status AddReshape() { return Count(reshapes); }
  Status AddSoftmax() { return Count(softmaxes); }
};

int main(int, char** arguments) {
  Resolver resolver;
  const bool first = RegisterOperations(resolver);
  const unsigned int calls = static_cast<unsigned int>(resolver.calls);
  const bool again = RegisterOperations(resolver);
  std::FILE* bytes = std::fopen(arguments[1], "wb");
  std::fwrite(kModel, 1, sizeof kModel, bytes);
  std::fclose(bytes);
  const bool aligned = reinterpret_cast<std::uintptr_t>(kModel) % 16 == 0;
  return first && !again && calls == kOperationCount && aligned && kArenaSize >= kSmallestArenaSize ? 0 : 1;
}
"""


def test_names_are_c_identifiers():
    assert model_identifier("v2_ultra_640_int8.tflite") == "v2_ultra_640_int8_model"
    assert model_identifier("folder/V2-ultra (320 px).tflite") == "V2_ultra_320_px_model"
    assert model_identifier("640.tflite") == "n640_model"
    assert model_identifier("class.tflite") == "class_model"
    assert model_identifier("__.tflite") == "model"
    assert all(model_identifier(name).isidentifier() for name in ("é.tflite", ".tflite", "1 2", "a__b"))


@needs_tflite_micro
def test_the_compiled_array_is_the_file_and_registers_its_operations_once(lamp_int8, tmp_path):
    model = lamp_int8.read_bytes()
    header, source = write_c_array(model, lamp_int8.name, tmp_path / "firmware")
    assert sorted(path.name for path in header.parent.iterdir()) == ["lamp_int8_model.cc", "lamp_int8_model.h"]
    cpp.run(cpp.build(header.parent, CHECK, source), tmp_path / "bytes")
    assert (tmp_path / "bytes").read_bytes() == model


@needs_tflite_micro
def test_the_array_compiles_for_a_cortex_m(lamp_int8, tmp_path):
    _, source = write_c_array(lamp_int8.read_bytes(), lamp_int8.name, tmp_path)
    cpp.compile_for_arm(source)


@needs_tflite_micro
def test_output_numbers_are_those_of_tflite_micro(lamp_int8):
    from tflite_micro.python.tflite_micro.runtime import Interpreter

    model = lamp_int8.read_bytes()
    interpreter = Interpreter.from_bytes(model, arena_size=1 << 20)
    info = read_model_info(model, "lamp")
    assert {tensor.index for tensor in info.outputs.values()} == {0, 1, 2}
    for tensor in (info.input, *info.outputs.values()):
        details = (interpreter.get_input_details if tensor is info.input else interpreter.get_output_details)(
            tensor.index
        )
        quantization = details["quantization_parameters"]
        assert details["shape"][-1] == tensor.width
        assert quantization["scales"][0] == pytest.approx(tensor.scale)
        assert quantization["zero_points"][0] == tensor.zero_point


def test_a_float_file_is_refused(lamp_float):
    with pytest.raises(UserError, match=r"lamp_float.tflite takes or gives float32; .*--int8"):
        read_model_info(lamp_float.read_bytes(), "lamp_float.tflite")


def test_a_file_without_our_record_is_refused(lamp_plain, tmp_path):
    with pytest.raises(UserError, match="without an ffkeras record"):
        write_c_array(lamp_plain, "plain.tflite", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("write", [write_c_array, export_c])
def test_a_forged_file_becomes_no_firmware(write, tmp_path):
    for kind, model in forged.forged_files():
        with pytest.raises(UserError, match="forged.tflite "):
            pytest.fail(f"{kind} becomes {write(model, 'forged.tflite', tmp_path)}")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@needs_tflite_micro
@pytest.mark.parametrize("model", RELEASED, ids=lambda path: path.stem)
def test_released_files_become_firmware(model, tmp_path):
    header, source = write_c_array(model.read_bytes(), model.name, tmp_path)
    name = header.stem
    main = f"#include \"{name}.h\"\nint main() {{ return {name}::kModel[4] == 'T' ? 0 : 1; }}\n"
    cpp.run(cpp.build(tmp_path, main, source))
    cpp.compile_for_arm(source)
