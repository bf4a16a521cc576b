import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from golden_answers import ROOT, smallest_model

from ffkeras.firmware.c_network import export_c

BUILD = ROOT / "tflite" / "micro" / "host" / "build.sh"


@pytest.fixture(scope="session")
def export_network(tmp_path_factory):
    """Exports a file as C that is called "network", once."""
    exported = {}

    def export(model):
        if model not in exported:
            exported[model] = tmp_path_factory.mktemp(model.stem)
            export_c(model.read_bytes(), model.name, exported[model], "network")
        return exported[model]

    return export


@pytest.fixture(scope="session")
def host_program(tmp_path_factory, export_network):
    """The program of this machine for the smallest file, which ends at the first illegal access."""
    assert shutil.which("cc"), "these tests need a C compiler (apt: gcc)"
    program = tmp_path_factory.mktemp("host") / "faces"
    flags = "-O1 -g -Wconversion -Wshadow -fsanitize=address,undefined -fno-sanitize-recover=all"
    command = ["bash", BUILD, export_network(smallest_model()), program]
    result = subprocess.run(
        list(map(str, command)), env={"PATH": "/usr/bin:/bin", "CFLAGS": flags}, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return program
