import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import c_compiler

PROCESSORS = {
    "without multiplication of 64 bits": ["-mcpu=cortex-m0plus"],
    "plain": ["-mcpu=cortex-m3"],
    "DSP": ["-mcpu=cortex-m4"],
    "DSP of Armv8-M": ["-mcpu=cortex-m33"],
    "Helium": ["-mcpu=cortex-m55", "-mfloat-abi=hard"],
    "DSP though there is Helium": ["-mcpu=cortex-m55", "-mfloat-abi=hard", "-DFFKERAS_WITHOUT_HELIUM"],
    "plain though there is DSP": ["-mcpu=cortex-m7", "-DFFKERAS_PLAIN_C"],
}


@pytest.mark.parametrize("processor", PROCESSORS)
def test_all_hand_written_files_compile_for_a_cortex_m(processor, tmp_path):
    compiler = shutil.which("arm-none-eabi-gcc")
    if compiler is None:
        pytest.skip("arm-none-eabi-gcc is not installed (apt: gcc-arm-none-eabi libnewlib-arm-none-eabi)")
    for source in sorted(c_compiler.SOURCES.glob("*.c")):
        command = [compiler, *c_compiler.WARNINGS, "-O2", *PROCESSORS[processor], "-mthumb", "-c", source]
        result = subprocess.run([*map(str, command), "-o", tmp_path / "out.o"], capture_output=True, check=False)
        assert result.returncode == 0, result.stderr.decode()
