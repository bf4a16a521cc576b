"""A small network as a program that prints a checksum for each output, on this machine or on an emulated board."""

import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import c_compiler
from small_graphs import program_text

from ffkeras.firmware.boards import BARE_METAL, COMPILER, find_board
from ffkeras.firmware.c_network.source import array_text

PRINTING = BARE_METAL.parent / "program"
STAND_IN = Path(__file__).parent / "arm_stand_in"
WAYS = {
    "plain": (),
    "dsp": ("-D__ARM_FEATURE_DSP=1", "-I", STAND_IN),
    "helium": ("-D__ARM_FEATURE_MVE=1", "-I", STAND_IN),
}
MAIN = """
int main(void) {{
{copies}
  run();
{prints}
  return 0;
}}
"""
HEAD = {
    "host": "#include <stdio.h>\nstatic void print_text(const char *text) { fputs(text, stdout); }\n",
    "board": '#include "semihosting.h"\n#define print_text semihosting_print\n',
}


def write_program(network, inputs, folder: Path, place: str) -> list[Path]:
    """Write a program for "host" or "board" with its inputs inside; returns the sources."""
    graph = network.graph
    names = [f"input_{index}" for index in range(len(inputs))]
    copies = [
        f"  memcpy(arena + {network.offsets[tensor]}, {name}, sizeof {name});"
        for tensor, name in zip(graph.inputs, names, strict=True)
    ]
    prints = [
        f"  json_checksum(print_text, checksum(arena + {network.offsets[tensor]}, {np.prod(graph.shape(tensor))}));\n"
        '  print_text("\\n");'
        for tensor in graph.outputs
    ]
    arrays = "\n".join(array_text(name, values.ravel()) for name, values in zip(names, inputs, strict=True))
    main = MAIN.format(copies="\n".join(copies), prints="\n".join(prints))
    head = f'#include <string.h>\n#include "checksum.h"\n#include "json.h"\n{HEAD[place]}'
    (folder / "small.c").write_text(f"{head}{program_text(network)}\n{arrays}\n{main}")
    kernels = [c_compiler.SOURCES / f"{source}.c" for source in network.sources]
    return [folder / "small.c", *kernels, PRINTING / "checksum.c", PRINTING / "json.c"]


def checksums_on_host(network, inputs, folder: Path, way: str) -> list[str]:
    """Run it here under sanitizers, on the kernels for one kind of processor."""
    sources = write_program(network, inputs, folder, "host")
    options = ("-O1", *c_compiler.SANITIZERS, "-I", PRINTING, *WAYS[way])
    return _read(c_compiler.run(c_compiler.compile_c(folder / "program", *sources, options=options)))


def checksums_on_board(network, inputs, folder: Path, name: str, flags: tuple = ()) -> list[str]:
    """Run it on an emulated board, on the kernels that its compiler chooses."""
    board = find_board(name)
    sources = write_program(network, inputs, folder, "board")
    firmware = folder / "firmware.elf"
    command = [COMPILER, *board.flags, *flags, "-mthumb", "-std=c99", "-O2", "-Wall", "-Wextra", "-Werror"]
    command += [
        "-nostartfiles",
        "-I",
        PRINTING,
        "-I",
        BARE_METAL,
        "-I",
        c_compiler.SOURCES,
        "-L",
        BARE_METAL / "boards",
    ]
    command += ["-T", f"{name}.ld", "-T", BARE_METAL / "sections.ld", *sources]
    command += [BARE_METAL / "start.c", BARE_METAL / "semihosting.c", "-lm", "-o", firmware]
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    command = ["qemu-system-arm", "-machine", board.machine, "-display", "none", "-monitor", "none", "-serial", "none"]
    command += ["-chardev", "stdio,id=console", "-kernel", str(firmware)]
    command += ["-semihosting-config", "enable=on,target=native,chardev=console"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    return _read(result.stdout)


def _read(printed: str) -> list[str]:
    return [line.strip('"') for line in printed.splitlines()]
