import os
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RPI = ROOT / "tflite" / "rpi"
UNIT, INSTALLER = RPI / "ffkeras.service", RPI / "install_service.sh"
BASH = shutil.which("bash")
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
needs_bash = pytest.mark.skipif(BASH is None, reason="the script is for bash, which is not installed")


@pytest.fixture(scope="module")
def unit():
    found = ConfigParser(interpolation=None, strict=False)  # some keys stand there more than once
    found.optionxform = str
    found.read(UNIT)
    return found


def analyze(*arguments, unit=None):
    """What systemd says of the unit, with programs that are there."""
    text = re.sub(r"/opt/ffkeras/\S+", sys.executable, UNIT.read_text())
    (unit / UNIT.name).write_text(text)
    command = ["systemd-analyze", *arguments, str(unit / UNIT.name)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@needs_systemd
def test_systemd_finds_no_fault_in_the_unit(tmp_path):
    done = analyze("verify", "--man=no", unit=tmp_path)
    assert UNIT.stem not in done.stderr
    assert done.returncode == 0, done.stderr


@needs_systemd
def test_little_is_open_to_the_service(tmp_path):
    done = analyze("security", "--offline=true", "--threshold=30", unit=tmp_path)  # an exposure of 3.0 of 10
    assert done.returncode == 0, done.stdout[-200:]


def test_the_service_runs_without_rights_and_restarts_without_end(unit):
    assert unit["Service"]["User"] == "ffkeras"
    assert unit["Service"]["NoNewPrivileges"] == "yes"
    assert unit["Service"]["CapabilityBoundingSet"] == ""
    assert unit["Service"]["UMask"] == "0077"
    assert unit["Service"]["Restart"] == "on-failure"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["ExecStartPre"].startswith("/opt/ffkeras/tflite/rpi/back_off.sh /run/ffkeras/")
    assert (unit["Service"]["RuntimeDirectory"], unit["Service"]["RuntimeDirectoryPreserve"]) == ("ffkeras", "restart")
    assert unit["Service"]["TimeoutStartSec"] == "infinity"  # the wait is a part of the start


@pytest.mark.skipif(not shutil.which("sh") or not shutil.which("find"), reason="a script for sh")
def test_the_waits_between_restarts_grow_up_to_five_minutes_and_begin_anew_after_ten_without_any(tmp_path):
    sleep, file = tmp_path / "sleep", tmp_path / "starts"
    sleep.write_text(f"#!/bin/sh\necho $1 >>{tmp_path / 'slept'}\n")
    sleep.chmod(0o755)

    def start():
        path = f"{tmp_path}:{os.environ['PATH']}"
        subprocess.run([RPI / "back_off.sh", file], check=True, env={"PATH": path})
        return int((tmp_path / "slept").read_text().split()[-1])

    assert [start() for _ in range(9)] == [0, 10, 20, 40, 80, 160, 300, 300, 300]
    os.utime(file, (0, 0))
    assert [start() for _ in range(2)] == [0, 10]
    file.write_text("damaged\n")
    assert start() == 0


def install(*arguments, **environment):
    command = [BASH, str(INSTALLER), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture
def commands(tmp_path):
    """A folder of commands as PATH, with a Python that lacks the packages given to it."""
    folder = tmp_path / "commands"
    folder.mkdir()
    for name in ("dirname", "mkdir", "rm", "mktemp", "cp", "chmod", "sed"):
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
[[ $1 == -c && $2 != *version* ]] && exit
[[ $1 == -c ]] && echo 3.11 && exit
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
@pytest.mark.parametrize(("version", "wheels"), [("3.11", "wheels_bookworm.txt"), ("3.13", "wheels_trixie.txt")])
def test_pip_is_given_the_hashes_and_files_are_readable_whatever_the_umask(tmp_path, commands, version, wheels):
    making_venv = f"""
if [[ $1 == -c ]]; then
    [[ $2 != *version* ]] || echo {version}
    exit
fi
for folder; do :; done
mkdir -p "$folder/bin"
cat > "$folder/bin/python" <<'END'
#!{BASH}
echo "$@" >> {tmp_path / "pip.txt"}
for last; do :; done
[[ $last != *wheels.txt ]] || cp "$last" {tmp_path / "given.txt"}
END
chmod 755 "$folder/bin/python"
"""
    path = commands(making_venv)
    for name in ("install", "mv", "cat"):
        (tmp_path / "commands" / name).symlink_to(shutil.which(name))
    root = tmp_path / "root"
    command = [BASH, "-c", f"umask 077; exec {BASH} {INSTALLER}"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={"PATH": path, "DESTDIR": str(root)}, check=False
    )
    assert done.returncode == 0, done.stderr
    first, second = (tmp_path / "pip.txt").read_text().splitlines()
    assert "--require-hashes" in first and "--no-deps" in first
    assert "--no-index" in second and "--no-deps" in second
    given = [line for line in (tmp_path / "given.txt").read_text().splitlines() if "==" in line]
    assert set(given) <= set((RPI / wheels).read_text().splitlines())
    assert all("--hash=sha256:" in line for line in given)
    interpreters = [line for line in given if line.startswith(("ai-edge-litert", "tflite-runtime"))]
    assert len(interpreters) == 1
    readable = [path.stat().st_mode & 0o044 == 0o044 for path in root.rglob("*") if not path.is_symlink()]
    assert all(readable) and (root / "opt/ffkeras/tflite/rpi/back_off.sh").stat().st_mode & 0o111 == 0o111


@needs_bash
def test_another_python_is_refused(tmp_path, commands):
    done = install(PATH=commands("[[ $2 != *version* ]] || echo 3.12"), DESTDIR=str(tmp_path / "root"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: python3 is 3.12; this is for Raspberry Pi OS 12 (3.11) and 13 (3.13)")


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
    given = tmp_path / "given"
    pip = f'for last; do :; done; [[ -d $last ]] || exit 0; cd "$last" && echo * tflite/models/* >{given}; exit 1'
    noting = f"""
[[ $1 == -c && $2 != *version* ]] && exit
[[ $1 == -c ]] && echo 3.11 && exit
for folder; do :; done
if [[ $2 == venv ]]; then
    mkdir -p "$folder/bin"
    printf '%s\\n' '#!{BASH}' '{pip}' > "$folder/bin/python"
    chmod 755 "$folder/bin/python"
fi"""
    (Path(commands("exit 0")) / "bash").symlink_to(BASH)
    done = install(PATH=commands(noting), DESTDIR=str(tmp_path / "root"))
    assert done.returncode == 1
    given = given.read_text().split()
    assert {"ffkeras", "setup.py", "setup.cfg", "pyproject.toml"} <= set(given)
    released = {f"tflite/models/{path.name}" for path in (ROOT / "tflite" / "models").glob("*_int8.tflite")}
    assert released | {"tflite/models/NOTICE"} == {name for name in given if name.startswith("tflite/models/")}
