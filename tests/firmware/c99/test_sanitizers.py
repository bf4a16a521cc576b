import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import c_compiler
from checksum_program import WAYS

from ffkeras.firmware.c_network import export_c

HERE = Path(__file__).parent
MODELS = Path(__file__).resolve().parents[3] / "tflite" / "models"


@pytest.fixture(scope="module")
def fuzz_faces(tmp_path_factory):
    program = tmp_path_factory.mktemp("fuzz") / "fuzz_faces"
    return c_compiler.sanitized(program, HERE / "fuzz_faces.c", c_compiler.SOURCES / "faces.c")


@pytest.mark.parametrize("seed", range(4))
def test_random_pictures_and_outputs_touch_no_foreign_memory(fuzz_faces, seed):
    assert c_compiler.run(fuzz_faces, seed, 300) == "300 rounds\n"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("file", ["lamp", "nano_b_micro_160_int8.tflite"])
def test_a_network_touches_no_foreign_memory(file, way, lamp_int8, tmp_path):
    model = lamp_int8 if file == "lamp" else MODELS / file
    export_c(model.read_bytes(), model.name, tmp_path, "network")
    sources = HERE / "fuzz_network.c", *tmp_path.glob("*.c")
    program = c_compiler.sanitized(tmp_path / "program", *sources, options=WAYS[way])
    assert c_compiler.run(program, 2) == "2 rounds\n"
