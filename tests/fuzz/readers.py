"""The readers that are attacked, in Python, C, Java and JavaScript.

Each is a command that reads names of files, a line each, and answers with a line: "accepted", "refused" or "traceback",
the most megabytes that it has taken, and the seconds.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.fuzz.corpus import ROOT

HERE = Path(__file__).parent
READERS = {  # -> the kind of files that it gets
    "picture": "picture",
    "label": "label",
    "model": "model",
    "graph": "graph",
    "firmware": "graph",
    "c-picture": "picture",
    "java-picture": "picture",
    "java-model": "model",
    "java-graph": "graph",
    "javascript-model": "model",
    "javascript-graph": "graph",
}
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
TRYING = ("graph", "firmware")  # those that try a file in a process of its own
C_PROGRAM = ROOT / "tflite" / "micro" / "program"
C_INCLUDES = (C_PROGRAM, ROOT / "ffkeras" / "firmware" / "c99")
JAVA_SOURCES = ROOT / "android_demo" / "detector" / "src" / "main" / "java"


class MissingError(Exception):
    """A tool that makes a reader is not installed; the message names it."""


def make_reader(name: str, folder: Path) -> list[str]:
    """The command of one of READERS; what has to be compiled for it goes into `folder`.

    Raises:
        MissingError: a compiler or an interpreter is not installed.
    """
    language, _, what = name.partition("-")
    if language == "c":
        return _make_c(folder)
    if language == "java":
        return [*_make_java(folder), what]
    if language == "javascript":
        return [_tool("node", "nodejs"), str(HERE / "opener.mjs")]
    return [sys.executable, "-m", "tests.fuzz.opener", name]


def _make_c(folder: Path) -> list[str]:
    program = folder / "opener"
    command = [
        _tool("gcc", "gcc"),
        "-std=c99",
        "-O1",
        "-g",
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
    ]
    includes = [word for path in C_INCLUDES for word in ("-I", str(path))]
    _run([*command, *includes, str(HERE / "opener.c"), str(C_PROGRAM / "picture.c"), "-o", str(program)])
    return [str(program)]


def _make_java(folder: Path) -> list[str]:
    classes = folder / "classes"
    classes.mkdir()
    sources = [*JAVA_SOURCES.rglob("*.java"), *HERE.rglob("*.java")]
    _run([_tool("javac", "openjdk-17-jdk-headless"), "-encoding", "UTF-8", "-d", str(classes), *map(str, sources)])
    java = _tool("java", "openjdk-17-jdk-headless")
    return [java, "-Xmx256m", "-XX:+UseSerialGC", "-cp", str(classes), "ffkeras.detector.Opener"]


def _tool(command: str, package: str) -> str:
    found = shutil.which(command)
    if found is None:
        raise MissingError(f"{command} is missing (Debian: {package})")
    return found


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(result.stderr)
