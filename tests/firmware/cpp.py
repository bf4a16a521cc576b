"""Compiling and running generated C++ with whatever compiler there is."""

import shutil
import subprocess

import pytest

WARNINGS = ("-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror")
HOST_COMPILERS = ("g++", "clang++", "c++")
ARM_COMPILER = "arm-none-eabi-g++"


def host_compiler():
    """The first C++ compiler of this machine, or a skip."""
    found = next(filter(None, map(shutil.which, HOST_COMPILERS)), None)
    return found or pytest.skip("no C++ compiler is installed")


def arm_compiler():
    """The compiler for Cortex-M, or a skip."""
    return shutil.which(ARM_COMPILER) or pytest.skip(f"{ARM_COMPILER} is not installed (apt: gcc-arm-none-eabi)")


def compile_for_arm(source):
    """Compile one file for a Cortex-M7."""
    run(arm_compiler(), *WARNINGS, "-mcpu=cortex-m7", "-mthumb", "-c", source, "-o", source.with_suffix(".arm.o"))


def build(folder, main, *sources):
    """Compile the text of a main program with `sources`; returns the program."""
    (folder / "main.cc").write_text(main)
    program = folder / "program"
    run(host_compiler(), *WARNINGS, "-I", folder, folder / "main.cc", *sources, "-o", program)
    return program


def run(*command):
    """Run a command; returns its output as bytes."""
    result = subprocess.run(list(map(str, command)), capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout
