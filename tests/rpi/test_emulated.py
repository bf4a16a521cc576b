"""Both systems of a Raspberry Pi from nothing, under qemu: packages, wheels, the installer, the service's own command.

Takes some minutes and 1.5 GB below /tmp. What fails on the way says itself what is missing (a package, the network).
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ffkeras.compare.faces import differing_faces, differing_kernels
from ffkeras.golden.make import OUTPUT_ORDER, faces_of, read_index
from ffkeras.images import read_image
from ffkeras.runtimes.launch import run_worker
from ffkeras.runtimes.registry import ARM, REFERENCE, Runtime
from ffkeras.runtimes.replay import Replay

ROOT = Path(__file__).resolve().parents[2]
RPI, GOLDEN, RELEASED = ROOT / "tflite" / "rpi", ROOT / "tests" / "golden", ROOT / "tflite" / "models"
ON_DEVICE = Path(__file__).with_name("on_device.py")
REFERENCE_RUNS = {  # model -> golden pictures; each takes seconds
    "nano_b_micro_160_int8.tflite": (
        "astronaut",
        "grace_hopper",
        "coffee",
        "rocket",
        "crowd",
        "small_face",
        "strip",
        "pixel",
    ),
    "nano_b_fast_320_int8.tflite": ("crowd", "strip"),
}
SERVICE_MODEL = "v2_ultra_320_int8.tflite"
SUITES = {"bookworm": "tflite_runtime", "trixie": "ai_edge_litert"}  # -> the interpreter that pip chooses there
pytestmark = pytest.mark.device


@dataclass(frozen=True)
class Board:
    """An emulated Raspberry Pi on which install_service.sh has run, and what its programs gave.

    Args:
        machine: what emulate.sh made.
        packages: names in the application's site-packages.
        lines: what the service's own command wrote about the golden pictures with SERVICE_MODEL.
        reference: what on_device.py wrote.
        missing_camera: exit code and errors of the demo with a camera that is not there.
    """

    machine: Path
    packages: set[str]
    lines: list[dict]
    reference: dict
    missing_camera: tuple[int, str]


def run(*command, **environment):
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, cwd="/", env=os.environ | environment, check=False
    )
    assert done.returncode == 0, f"{command[0]} failed: {done.stderr or done.stdout}"
    return done.stdout


def set_up(suite: str, folder: Path) -> Board:
    """A bare system, the installer on it, and then its programs.

    For the installer `python3` is the emulated one, and the index the pinned wheels alone.
    """
    machine, root = folder / "machine", folder / "root"
    run(RPI / "emulate.sh", "--suite", suite, machine)
    (folder / "bin").mkdir()
    (folder / "bin" / "python3").symlink_to(machine / "python3")
    pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(machine / "wheels"), "PIP_NO_COMPILE": "1"}
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    run(RPI / "install_service.sh", DESTDIR=str(root), PATH=path, **pip)

    application = root / "opt" / "ffkeras"
    (packages,) = (application / "venv").glob("lib/python3.*/site-packages")
    unit = (root / "etc" / "systemd" / "system" / "ffkeras.service").read_text()
    command = re.search(r"^ExecStart=(.*) \$FFKERAS_ARGUMENTS$", unit, re.MULTILINE)[1].replace("/opt/", f"{root}/opt/")
    model = application / "tflite" / "models" / SERVICE_MODEL
    lines = run(*shlex.split(command), GOLDEN / "images", "--model", model).splitlines()
    python, found = application / "venv" / "bin" / "python", folder / "found.json"
    run(python, ON_DEVICE, found, *(f"{RELEASED / name}={','.join(some)}" for name, some in REFERENCE_RUNS.items()))
    camera = subprocess.run(
        [python, application / "tflite" / "rpi" / "demo.py", "97"], capture_output=True, text=True, check=False
    )
    return Board(
        machine,
        {path.name.lower() for path in packages.iterdir()},
        [json.loads(line) for line in lines],
        json.loads(found.read_text()),
        (camera.returncode, camera.stderr),
    )


@pytest.fixture(scope="module")
def boards(tmp_path_factory):
    """Both systems, set up at the same time: suite -> Board, or the error that stopped it."""
    found = {}
    folders = {suite: tmp_path_factory.mktemp(suite) for suite in SUITES}

    def work(suite):
        try:
            found[suite] = set_up(suite, folders[suite])
        except Exception as error:
            found[suite] = error

    workers = [threading.Thread(target=work, args=(suite,)) for suite in SUITES]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    yield found
    for folder in folders.values():
        shutil.rmtree(folder)


@pytest.fixture(params=SUITES)
def board(request, boards):
    if isinstance(boards[request.param], Exception):
        raise boards[request.param]
    return boards[request.param]


@pytest.fixture(scope="module")
def golden():
    return {entry["file"]: entry for entry in read_index(GOLDEN)["models"]}


def test_the_runtime_extra_installs_one_interpreter_and_no_tensorflow(board, request):
    wanted = SUITES[request.node.callspec.params["board"]]
    assert {"ffkeras", "numpy", "cv2"} < board.packages
    assert board.packages & {"tensorflow", "tf_keras", "keras", *SUITES.values()} == {wanted}


def test_the_service_s_command_finds_the_golden_faces(board, golden):
    """With the runtime's own kernels, which round in their own way; the lines are what the journal gets."""
    found = {f"images/{Path(line['image']).name}": faces_of(line["faces"]) for line in board.lines}
    entry = golden[SERVICE_MODEL]
    assert found.keys() == {result["image"] for result in entry["results"]}
    for result in entry["results"]:
        reason = differing_kernels(faces_of(result["optimized"]), found[result["image"]], entry["score_threshold"])
        assert reason is None, f"{result['image']}: {reason}"


@pytest.mark.parametrize("name", REFERENCE_RUNS)
def test_inputs_and_the_reference_kernels_faces_are_those_of_x86(name, board, golden):
    results = {Path(result["image"]).stem: result for result in golden[name]["results"]}
    assert board.reference[name].keys() == set(REFERENCE_RUNS[name])
    for image, here in board.reference[name].items():
        assert here["input_crc32"] == results[image]["input_crc32"], image
        reason = differing_faces(faces_of(results[image]["reference"]), faces_of(here["faces"]))
        assert reason is None, f"{image}: {reason}"


def test_a_missing_camera_is_one_sentence_there(board):
    sentence = "error: camera 97 gives no picture; check that it is connected and not in use.\n"
    assert board.missing_camera == (1, sentence)


@pytest.mark.parametrize("package", SUITES.values())
def test_the_runtimes_that_validate_tflite_finds_there_give_the_golden_raw_outputs(package, boards, golden, tmp_path):
    board, name = boards["bookworm"], "nano_b_micro_160_int8.tflite"
    assert isinstance(board, Board), board
    result = next(result for result in golden[name]["results"] if result["image"] == "images/crowd.png")
    replay = Replay(RELEASED / name)
    np.save(tmp_path / "inputs.npy", replay.inputs_of([read_image(GOLDEN / result["image"])]))
    litert = {"ai_edge_litert": "litert"}
    runtime = Runtime(litert.get(package, package), "reference", REFERENCE, package, ARM)
    worker = run_worker(runtime, "images", RELEASED / name, tmp_path / "inputs.npy", tmp_path, board.machine / "python")
    assert worker.failure is None
    outputs = dict(zip(replay.output_names, worker.outputs, strict=True))
    raw = b"".join(outputs[output].tobytes() for output in OUTPUT_ORDER)
    assert raw == (GOLDEN / result["outputs"]).read_bytes()
