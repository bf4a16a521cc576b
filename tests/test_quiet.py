import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ffkeras.errors import UserError
from ffkeras.quiet import end_quiet, quiet_stderr

ROOT = Path(__file__).parents[1]
STDERR = 2


def test_chatter_is_held_back(capfd):
    with quiet_stderr():
        os.write(STDERR, b"chatter\n")
    os.write(STDERR, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_chatter_shows_where_the_work_fails(capfd):
    with pytest.raises(RuntimeError), quiet_stderr():
        os.write(STDERR, b"the reason\n")
        raise RuntimeError
    assert capfd.readouterr().err == "the reason\n"


def test_stderr_is_given_back_where_an_interrupt_left_it_taken(capfd):
    taken = quiet_stderr()
    taken.__enter__()
    os.write(STDERR, b"chatter\n")
    end_quiet()
    os.write(STDERR, b"interrupted\n")
    taken.__exit__(None, None, None)
    with quiet_stderr():
        os.write(STDERR, b"chatter\n")
    assert capfd.readouterr().err == "interrupted\n"


def test_a_sentence_for_the_user_stands_alone(capfd):
    with pytest.raises(UserError), quiet_stderr():
        os.write(STDERR, b"chatter\n")
        raise UserError
    assert capfd.readouterr().err == ""


def test_threads_share_it_and_the_last_one_gives_stderr_back():
    before = os.fstat(STDERR)
    inside = threading.Barrier(4)

    def hold(number):
        with quiet_stderr():
            inside.wait(timeout=30)
            time.sleep(0.01 * number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(hold, range(4)))
    assert os.path.samestat(os.fstat(STDERR), before)


def run_python(code, **options):
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, **options)


@pytest.mark.parametrize("lost", ["sys.stderr = sys.stdout = None", "os.close(2)", "sys.stderr.close()"])
def test_a_program_without_a_console_works(lost, tmp_path):
    code = f"""
import os, sys
{lost}
from ffkeras.quiet import quiet_stderr
with quiet_stderr():
    os.path.exists("x")
from ffkeras.runtime import FaceDetector, read_metadata
import cv2
faces = FaceDetector("nano_b_320").detect(cv2.imread("tests/data/photos/astronaut.jpg"))
open({str(tmp_path / "found")!r}, "w").write(str(len(faces)))
"""
    done = run_python(code)
    assert (tmp_path / "found").read_text() == "1", done.stderr


def test_detectors_built_in_parallel_leave_the_process_as_it_was():
    code = """
import os, sys, warnings
from concurrent.futures import ThreadPoolExecutor
from ffkeras.runtime import FaceDetector
before, filters = os.fstat(2), list(warnings.filters)
with ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda _: FaceDetector("nano_b_320"), range(8)))
assert os.path.samestat(os.fstat(2), before)
assert warnings.filters == filters
print("the last word", file=sys.stderr)
"""
    done = run_python(code)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "the last word")


def test_only_a_command_of_ours_holds_anything_back():
    code = """
import os
from ffkeras import cli, quiet
def main():
    with quiet.quiet_command():
        os.write(2, b"chatter ")
main()
cli.run(main)
"""
    assert run_python(code).stderr == "chatter "
