"""Compiling C with what a firmware's build would ask of it."""

import shutil
import subprocess
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[3] / "ffkeras" / "firmware" / "c99"
WARNINGS = (
    *("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wdouble-promotion"),
    *("-Wstrict-prototypes", "-Wmissing-prototypes", "-Werror"),
)
SANITIZERS = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def compile_c(output: Path, *sources: Path, options: tuple = ()) -> Path:
    """Compile and link `sources` with all warnings as errors."""
    compiler = shutil.which("gcc")
    assert compiler, "these tests need gcc (apt: gcc)"
    command = [compiler, *WARNINGS, *options, "-I", SOURCES, "-I", output.parent, *sources, "-o", output, "-lm"]
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return output


def library(output: Path, *sources: Path) -> Path:
    """Compile `sources` into a library that Python loads."""
    return compile_c(output, *sources, options=("-O2", "-shared", "-fPIC"))


def sanitized(output: Path, *sources: Path, options: tuple = ()) -> Path:
    """Compile `sources` into a program that ends at the first illegal access or undefined operation."""
    return compile_c(output, *sources, options=("-O1", *SANITIZERS, *options))


def run(program: Path, *arguments) -> str:
    """Run a program that should succeed; returns what it prints."""
    result = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr + result.stdout
    return result.stdout
