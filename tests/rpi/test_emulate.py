import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tflite" / "rpi" / "emulate.sh"
MADE = ("bytecode", "python", "python3", "qemu", "root", "site", "wheels")
BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="the script is for bash, which is not installed")


@pytest.fixture
def assert_refused(tmp_path_factory):
    """Runs the script with so few commands that it ends early in any case."""
    path = tmp_path_factory.mktemp("commands")
    for name in ("dirname", "ls"):
        (path / name).symlink_to(shutil.which(name))

    def check(*arguments, words):
        command = [BASH, str(SCRIPT), *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, text=True, env={"PATH": str(path)}, check=False)
        assert result.returncode == 1
        assert words in result.stderr

    return check


def make_folders(parent, names):
    for name in names:
        (parent / name).mkdir(parents=True)
    return parent


@pytest.mark.parametrize("ending", ["", "/", "//"])
def test_a_folder_of_somebody_else_is_left_alone(tmp_path, assert_refused, ending):
    home = make_folders(tmp_path / "home", [*MADE, "letters"])
    assert_refused(f"{home}{ending}", words=f"error: {home} holds what this did not make")
    assert (home / "letters").is_dir()


def test_a_file_and_the_root_of_the_file_system_are_refused(tmp_path, assert_refused):
    (tmp_path / "file").touch()
    assert_refused(tmp_path / "file", words="file is not a folder")
    assert_refused("/", words="root of the file system")


def test_a_folder_that_an_earlier_run_made_is_taken(tmp_path, assert_refused):
    made = make_folders(tmp_path / "rpi", MADE)
    assert_refused(f"{made}/", words="on a Raspberry Pi itself follow")  # the next check: no uname here
    assert (made / "site").is_dir()


def test_another_suite_and_an_unknown_option_are_refused(tmp_path, assert_refused):
    assert_refused("--suite", "bullseye", words="error: the suite 'bullseye' is neither bookworm nor trixie")
    assert_refused("--suite", words="error: the suite '' is neither")
    assert_refused("--sweet", tmp_path, words="error: there is no option --sweet")
