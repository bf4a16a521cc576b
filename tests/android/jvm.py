"""The Android library on this machine's JVM: compiling it, asking it, and a TFLite for it to run."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from ffkeras.runtime import Face

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "tflite" / "models"
GOLDEN = ROOT / "tests" / "golden"
LIBRARY = ROOT / "android_demo" / "detector" / "src"
DRIVER = Path(__file__).resolve().parent / "java"
PACKAGES = ROOT / "output" / "android" / "packages"  # where build_apk.sh keeps its downloads too
JARS = {"jna.jar": "libjna-java", "junit4.jar": "junit4", "hamcrest-core.jar": "libhamcrest-java"}
TFLITE_C = "tfjs-tflite-node@0.0.2"  # TFLite 2.9's C interface for x86-64
TFLITE_C_FILE = "package/cc_deps/linux_amd64/libtensorflowlite_c.so"
TFLITE_C_SHA256 = "3be1632328a76a2475e5b6833253763c802c859433becb4d879ee1860e3b5284"


def command(name, package):
    """A command's path; the test fails where it is missing, and says which Debian package has it."""
    return shutil.which(name) or pytest.fail(f"{name} is missing; install Debian's package {package}.", pytrace=False)


def class_path(*folders):
    """These folders, and the jars that tests need from Debian."""
    jars = {Path("/usr/share/java") / name: package for name, package in JARS.items()}
    for jar, package in jars.items():
        if not jar.exists():
            pytest.fail(f"{jar} is missing; install Debian's package {package}.", pytrace=False)
    return ":".join(map(str, [*folders, *jars]))


def compile_java(target, *sources, release=17):
    """Compile all Java below `sources` as strictly as the app's own build does."""
    files = sorted(str(path) for source in sources for path in source.rglob("*.java"))
    javac = command("javac", "openjdk-17-jdk-headless")
    arguments = [
        "-encoding",
        "UTF-8",
        "--release",
        str(release),
        "-Xlint:all,-serial,-options",
        "-Werror",
        "-classpath",
        class_path(target),
    ]
    run(javac, *arguments, "-d", str(target), *files)


def run(*arguments):
    """Run a command; returns what it printed."""
    result = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def tflite_c():
    """The shared library of TFLite's C interface, downloaded by npm unless it is there."""
    archive = PACKAGES / (TFLITE_C.replace("@", "-") + ".tgz")
    if not _is_whole(archive):
        PACKAGES.mkdir(parents=True, exist_ok=True)
        pack = [command("npm", "npm"), "pack", "--silent", "--pack-destination", str(PACKAGES), TFLITE_C]
        subprocess.run(pack, capture_output=True, check=False)
    if not _is_whole(archive):
        pytest.fail(f"npm gives no {TFLITE_C} with the known sha256; check the network.", pytrace=False)
    return archive


def _is_whole(archive):
    return archive.exists() and hashlib.sha256(archive.read_bytes()).hexdigest() == TFLITE_C_SHA256


class Driver:
    """A JVM with the library that answers requests; see java/ffkeras/detector/Driver.java."""

    def __init__(self, classes):
        java = [command("java", "openjdk-17-jdk-headless"), "-Djava.awt.headless=true", "-cp", class_path(classes)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen([*java, "ffkeras.detector.Driver"], text=True, encoding="utf-8", **pipes)

    def ask(self, do, **request):
        """The answer to one request; paths may be `Path`s."""
        self._process.stdin.write(json.dumps({"do": do, **request}, default=str) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the JVM ended at {do} {request}"
        parsed = json.loads(answer)
        assert "crash" not in parsed, parsed["crash"]
        return parsed

    def close(self):
        """End the JVM; True where it had no trouble."""
        self._process.stdin.close()
        return self._process.wait(timeout=60) == 0


def to_faces(described):
    """Faces as a JSON answer, or golden.json, describes them."""
    import numpy as np

    return [
        Face(np.float32(face["box"]), face["score"], np.float32(face["landmarks"]).reshape(5, 2)) for face in described
    ]


def describe_tensors(model):
    """What LiteRT tells of a file's tensors, as a request wants it."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=Path(model).read_bytes())
    described = {}
    for key, details in (("inputs", interpreter.get_input_details()), ("outputs", interpreter.get_output_details())):
        described[key] = [
            {
                "name": entry["name"],
                "type": entry["dtype"].__name__,
                "shape": entry["shape"].tolist(),
                "scale": float(entry["quantization"][0]),
                "zero_point": int(entry["quantization"][1]),
            }
            for entry in details
        ]
    return described
