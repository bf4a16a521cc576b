import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNIT, INSTALLER = ROOT / "tflite" / "rpi" / "ffkeras.service", ROOT / "tflite" / "rpi" / "install_service.sh"
BASH = shutil.which("bash")
needs_bash = pytest.mark.skipif(BASH is None, reason="the script is for bash, which is not installed")


@pytest.fixture(scope="module")
def unit():
    found = ConfigParser(interpolation=None)
    found.optionxform = str
    found.read(UNIT)
    return found


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_finds_no_fault_in_the_unit(tmp_path):
    text = UNIT.read_text()
    (tmp_path / UNIT.name).write_text(text.replace("/opt/ffkeras/venv/bin/python", sys.executable))
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / UNIT.name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert UNIT.stem not in done.stderr
    assert done.returncode == 0, done.stderr


def test_the_service_runs_without_rights_and_does_not_restart_without_end(unit):
    assert unit["Service"]["User"] == "ffkeras"
    assert unit["Service"]["NoNewPrivileges"] == "yes"
    assert unit["Service"]["Restart"] == "on-failure"
    restarts = int(unit["Unit"]["StartLimitBurst"])
    minutes = int(unit["Unit"]["StartLimitIntervalSec"].removesuffix("min"))
    assert restarts * int(unit["Service"]["RestartSec"]) < 60 * minutes  # else the limit is never reached


def install(*arguments, **environment):
    command = [BASH, str(INSTALLER), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture
def commands(tmp_path):
    """A folder of commands as PATH, with a Python that lacks the packages given to it."""
    folder = tmp_path / "commands"
    folder.mkdir()
    for name in ("dirname", "mkdir", "rm", "mktemp", "cp", "chmod"):
        (folder / name).symlink_to(shutil.which(name))

    def with_python(code):
        (folder / "python3").write_text(f"#!{BASH}\n{code}\n")
        (folder / "python3").chmod(0o755)
        return str(folder)

    return with_python


@needs_bash
@pytest.mark.skipif(os.geteuid() == 0, reason="this is root")
def test_without_root_the_installer_says_sudo(commands):
    done = install(PATH=commands("exit 0"))
    assert (done.returncode, done.stderr) == (1, "error: this installs for the whole system; run it with sudo.\n")


@needs_bash
def test_an_unknown_option_and_a_missing_package_are_one_sentence(tmp_path, commands):
    done = install("--sweet", PATH=commands("exit 0"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: there is no option --sweet;")
    done = install(PATH=commands("exit 1"), DESTDIR=str(tmp_path / "root"))
    assert done.returncode == 1
    assert done.stderr == "error: a Python package is missing; run apt install python3-venv python3-pip.\n"
    assert not (tmp_path / "root").exists()


@needs_bash
def test_packages_that_cannot_be_installed_leave_all_as_it_was(tmp_path, commands):
    """The environment's Python fails as pip does without a network."""
    root = tmp_path / "root"
    old = root / "opt" / "ffkeras" / "old"
    old.mkdir(parents=True)
    making_venv = """
for folder; do :; done
if [[ $2 == venv ]]; then
    mkdir -p "$folder/bin"
    echo "exit 1" > "$folder/bin/python"
    chmod 755 "$folder/bin/python"
fi"""
    done = install(PATH=commands(making_venv), DESTDIR=str(root))
    assert done.returncode == 1
    assert done.stderr.startswith("error: the packages cannot be installed; see above")
    assert [path for path in root.rglob("*") if path.name not in ("opt", "ffkeras")] == [old]


@needs_bash
def test_uninstalling_leaves_the_settings_alone(tmp_path, commands):
    root = tmp_path / "root"
    for name in ("opt/ffkeras/venv/x", "etc/systemd/system/ffkeras.service", "etc/default/ffkeras", "opt/other"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    done = install("--uninstall", PATH=commands("exit 0"), DESTDIR=str(root))
    assert done.returncode == 0, done.stderr
    left = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    assert left == ["etc/default/ffkeras", "opt/other"]


@needs_bash
def test_what_pip_is_given_holds_the_released_files_that_are_found_by_name(tmp_path, commands):
    """The environment's Python notes what lies in the folder that pip is to install, and fails."""
    pip = f'for last; do :; done; cd "${{last%[*}}" && echo * tflite/models/* > {tmp_path}/given; exit 1'
    noting = f"""
for folder; do :; done
if [[ $2 == venv ]]; then
    mkdir -p "$folder/bin"
    echo '{pip}' > "$folder/bin/python"
    chmod 755 "$folder/bin/python"
fi"""
    (Path(commands("exit 0")) / "bash").symlink_to(BASH)
    done = install(PATH=commands(noting), DESTDIR=str(tmp_path / "root"))
    assert done.returncode == 1
    given = (tmp_path / "given").read_text().split()
    assert {"ffkeras", "setup.py", "setup.cfg", "pyproject.toml"} <= set(given)
    released = {f"tflite/models/{path.name}" for path in (ROOT / "tflite" / "models").glob("*_int8.tflite")}
    assert released | {"tflite/models/NOTICE"} == {name for name in given if name.startswith("tflite/models/")}
