import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import c_compiler
from c_faces import CFaces


@pytest.fixture(scope="session")
def c_faces(tmp_path_factory):
    """faces.c, compiled."""
    library = tmp_path_factory.mktemp("faces") / "faces.so"
    return CFaces(c_compiler.library(library, c_compiler.SOURCES / "faces.c"))
