"""What each program of the pages would say to a page's command, found out without running it."""

import configparser
import functools
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.pages import parsers
from tests.pages.markdown import ROOT, Command
from tests.pages.stand_ins import READERS_OWN
from tests.pages.words import Call, WrongCommandError, split_calls

PYTHONS = ("python", "python3", ".venv/bin/python", "~/faces/bin/python")
PIPS = ("pip", "~/faces/bin/pip")
WRITING = (  # options whose value is written, and may be read by a later command
    *("--output", "--json", "--csv", "--coco", "--yolo", "--crops", "--plot", "--sheet", "--table"),
    *("--keep-inputs", "--cache-folder", "--markdown"),
)
NO_PATHS = ("--rates", "--budget", "--crop-scales", "--parts", "-c", "-m")  # options whose value may look like one
DATA_FOLDER = "data/"  # git ignores it; here lie the sets that we train with
FOREIGN = {  # programs of others, whose options no test here can know
    "adb": "Android's SDK",
    "cd": "the shell",
    "cp": "coreutils",
    "git": "git",
    "gradle": "Gradle",
    "idf.py": "ESP-IDF",
    "journalctl": "systemd",
    "source": "the shell",
    "systemctl": "systemd",
    "systemd-analyze": "systemd",
    "gen/linux_x86_64_default_gcc/bin/face_detection": "what TFLite Micro's make builds",
}
DEBIAN = {"git", "npm", "python3-pip", "python3-picamera2", "python3-venv"}  # besides tests/device-packages.txt
FOREIGN_OPTIONS = {"--uninstall", "--fail"}  # of shell scripts
FOREIGN_OPTIONS = {"--uninstall"}  # of shell scripts
ELSEWHERE = (
    "tensorflow/",
    "gen/",
    "tflite-micro",
    "my_project",
    "output/",
    "/etc/",
    "/opt/",
    "/tmp",
    ".venv/",
)  # in no checkout


def check(command: Command, written: Iterable[str] = ()) -> None:
    """Hold a command against the programs and files that are here.

    Args:
        command: of a page.
        written: paths that other commands of the page write.

    Raises:
        WrongCommandError: nobody could run it.
    """
    for call in split_calls(command):
        check_call(call, set(written))


def check_call(call: Call, written: set[str]) -> None:
    """As `check`, for one program's call."""
    program, *arguments = call.words
    if program in PYTHONS:
        check_python(arguments, call)
        if arguments and arguments[0] == "-c":
            return
    elif program in PIPS:
        check_pip(arguments)
    elif program in PROGRAMS:
        PROGRAMS[program](arguments, call)
    elif (ROOT / program).is_file():
        if not os.access(ROOT / program, os.X_OK):
            raise WrongCommandError(f"{program} may not be executed; chmod +x, or write python before it")
        check_file(program, arguments, call)
    elif program not in FOREIGN:
        raise WrongCommandError(f"{program} is no program that these pages use; see tests/pages/programs.py")
    if "TF_CONFIG" in call.variables:
        check_tf_config(call.variables["TF_CONFIG"])
    for path in read_paths(call.words):
        check_exists(path, written)


def check_file(path: str, arguments: list[str], call: Call) -> None:
    """A script of the repository, called by its path."""
    if path.endswith(".py"):
        parsers.check_script(path, arguments, call.whole)
    elif path in SHELL:
        SHELL[path](arguments, call)
    else:
        raise WrongCommandError(f"nothing is known of {path}'s arguments; see tests/pages/programs.py")


def check_python(arguments: list[str], call: Call) -> None:
    """`python FILE`, `python -m MODULE`, `python -c CODE`."""
    if not arguments:
        raise WrongCommandError("python is called without anything to run")
    first, *rest = arguments
    if first == "-c":
        compile_code(rest[0])
    elif first == "-m":
        if rest[0] == "pytest":
            check_pytest(rest[1:], call)
        elif rest[0] not in ("venv", "http.server"):
            raise WrongCommandError(f"python -m {rest[0]} is no module that these pages use")
    elif first == "worker.py":  # copied to the Pi
        parsers.check_script("ffkeras/runtimes/worker.py", rest, call.whole)
    elif (ROOT / first).is_file():
        check_file(first, rest, call)
    else:
        raise WrongCommandError(f"{first} is no file of the repository")


def compile_code(code: str) -> None:
    """Raises WrongCommandError where Python does not read it."""
    try:
        compile(code, "page", "exec")
    except SyntaxError as error:
        raise WrongCommandError(f"Python does not read it: {error}") from error


def check_pytest(arguments: list[str], call: Call) -> None:
    """Markers are those of setup.cfg; files are looked at with those of all programs."""
    markers = re.findall(r"^ +(\w+):", setup_cfg()["tool:pytest"]["markers"] + "\n", re.MULTILINE)
    markers += re.findall(r"^(\w+):", setup_cfg()["tool:pytest"]["markers"], re.MULTILINE)
    for option, value in zip(arguments, [*arguments[1:], ""], strict=True):
        if option == "-m" and value not in markers:
            raise WrongCommandError(f"pytest has no marker {value}; setup.cfg has {', '.join(markers)}")
        if option.startswith("-") and option not in ("-m", "-rP"):
            raise WrongCommandError(f"{option} of pytest is known to no page")


def check_pip(arguments: list[str]) -> None:
    """Extras of setup.cfg, or packages that some extra names."""
    action, *rest = arguments
    extras = setup_cfg()["options.extras_require"]
    known = set(re.findall(r"^([A-Za-z][\w.-]*)", "\n".join(extras.values()), re.MULTILINE))
    if action not in ("install", "uninstall"):
        raise WrongCommandError(f"pip {action} is known to no page")
    for word in rest:
        own = re.fullmatch(r"\.\[([\w,-]+)\]", word)
        names = own.group(1).split(",") if own else []
        if missing := [name for name in names if name not in extras]:
            raise WrongCommandError(f"setup.cfg has no extra {missing[0]}; it has {', '.join(extras)}")
        if not own and not word.startswith("--") and word not in known:
            raise WrongCommandError(f"no extra of setup.cfg names the package {word}")


def check_apt(arguments: list[str], call: Call) -> None:
    """Packages that CI installs, or that the Pi's page needs."""
    if arguments[0] != "install":
        raise WrongCommandError(f"apt {arguments[0]} is known to no page")
    listed = (ROOT / "tests" / "device-packages.txt").read_text().splitlines()
    if missing := set(arguments[1:]) - set(listed) - DEBIAN:
        raise WrongCommandError(f"{', '.join(sorted(missing))}: neither in tests/device-packages.txt nor listed here")


def check_make(arguments: list[str], call: Call) -> None:
    """Targets and variables of our Makefile; TFLite Micro's own is not here."""
    if "-f" in arguments:
        return
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split()
    for word in arguments:
        name, is_variable, _ = word.partition("=")
        if is_variable and not re.search(rf"^{re.escape(name)} [:?]?=", makefile, re.MULTILINE):
            raise WrongCommandError(f"the Makefile has no variable {name}")
        if not is_variable and word not in targets:
            raise WrongCommandError(f"the Makefile has no target {word}; it has {', '.join(targets)}")


def check_ffkeras(arguments: list[str], call: Call) -> None:
    """`ffkeras SUBCOMMAND ...`."""
    if not arguments:
        raise WrongCommandError("ffkeras is called without a subcommand")
    parsers.check_subcommand(arguments[0], arguments[1:], call.whole)


def check_plain_pytest(arguments: list[str], call: Call) -> None:
    """`pytest ...`."""
    check_pytest(arguments, call)


def check_tf_config(text: str) -> None:
    """TensorFlow's variable: the task is one of the cluster's."""
    try:
        config = json.loads(text)
        config["cluster"][config["task"]["type"]][config["task"]["index"]]
    except (ValueError, LookupError, TypeError) as error:
        raise WrongCommandError(f"TF_CONFIG cannot be read: {error!r}") from error


def _takes(*names: str) -> Callable[[list[str], Call], None]:
    """A shell script that takes as many arguments as it has names, the last ones of which may be left out with [ ]."""
    least = sum(not name.startswith("[") for name in names)

    def check_count(arguments: list[str], call: Call) -> None:
        if len(arguments) > len(names) or (call.whole and len(arguments) < least):
            raise WrongCommandError(
                f"it takes {' '.join(names) or 'no arguments'}, not {' '.join(arguments) or 'none'}"
            )

    return check_count


def check_install(arguments: list[str], call: Call) -> None:
    """tflite/micro/tflm/install.sh."""
    if arguments[0] not in ("tree", "esp32s3"):
        raise WrongCommandError(f"install.sh knows tree and esp32s3, not {arguments[0]}")
    _takes("WHAT", "FOLDER", "MODEL")(arguments, call)


def check_run(arguments: list[str], call: Call) -> None:
    """tflite/micro/bare_metal/run.sh: a board that is there."""
    boards = (ROOT / "tflite" / "micro" / "bare_metal" / "boards.txt").read_text()
    if arguments and not re.search(rf"^{re.escape(arguments[0])} ", boards, re.MULTILINE):
        raise WrongCommandError(f"boards.txt has no board {arguments[0]}")
    _takes("BOARD", "MODEL", "PHOTO", "[FOLDER]")(arguments, call)


def check_service(arguments: list[str], call: Call) -> None:
    """tflite/rpi/install_service.sh."""
    if arguments not in ([], ["--uninstall"]):
        raise WrongCommandError(f"install_service.sh takes --uninstall or nothing, not {' '.join(arguments)}")


PROGRAMS: dict[str, Callable[[list[str], Call], None]] = {
    "apt": check_apt,
    "apt-get": check_apt,
    "ffkeras": check_ffkeras,
    "make": check_make,
    "pytest": check_plain_pytest,
}
SHELL: dict[str, Callable[[list[str], Call], None]] = {
    "android_demo/build_apk.sh": _takes("[APK]"),
    "tflite/micro/bare_metal/run.sh": check_run,
    "tflite/micro/tflm/install.sh": check_install,
    "tflite/rpi/emulate.sh": _takes(),
    "tflite/rpi/install_service.sh": check_service,
}


@functools.cache
def setup_cfg() -> configparser.ConfigParser:
    """setup.cfg."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


@functools.cache
def tracked() -> frozenset[str]:
    """Files and folders of the repository, by their paths from its root."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [Path(name) for name in listed.splitlines()]
    return frozenset(str(path) for file in files for path in (file, *file.parents))


def written_by(command: Command) -> set[str]:
    """Paths that a command writes, as far as its words say."""
    try:
        calls = split_calls(command)
    except WrongCommandError:
        return set()  # told by `check`
    found = set()
    for call in calls:
        words = call.words
        found |= {value for option, value in zip(words, words[1:], strict=False) if option in WRITING}
        if words[:2] == ("git", "clone"):
            found.add(words[-1].rstrip("/").rpartition("/")[2])
        elif words[0] == "cp":
            found.add(words[-1])
        elif "tools/leg.py" in words and "pack" in words:
            found.update(_after(words, "pack", 2))
        elif "tools/lower_training.py" in words and "--collect" not in words:
            named = [value for option, value in zip(words, words[1:], strict=False) if option == "--run"]
            found |= {f"runs/{value.partition('=')[0]}" for value in named}  # where --collect puts them
            found.update(_after(words, "tools/lower_training.py", 1))
        elif words[0].endswith("/install.sh"):
            found.update(words[2:3])
    return {path.rstrip("/") for path in found}


def _after(words: tuple[str, ...], word: str, count: int) -> tuple[str, ...]:
    """The count-th word after another, where there is one."""
    place = words.index(word) + count
    return words[place : place + 1]


def read_paths(words: Iterable[str]) -> list[str]:
    """The words of a call that are paths of something that has to be there."""
    found, option = [], ""
    for word in list(words)[1:]:
        if word.startswith("-"):
            option, has_value, word = word.partition("=")
            if not has_value:
                continue
        if option in WRITING:
            option = ""  # it takes one value
        elif option not in NO_PATHS:
            found += [part for part in _paths_in(word, option) if _looks_like_path(part)]
    return found


def _paths_in(word: str, option: str) -> list[str]:
    if option == "--run":  # NAME=RUN:HOW
        return [word.partition("=")[2].partition(":")[0]]
    return [word]


def _looks_like_path(word: str) -> bool:
    if "://" in word or word.startswith(("CAMERA", ".[")):
        return False
    return "/" in word or bool(re.search(r"\.(py|sh|tflite|jpg|png|bmp|mp4|json|npz|npy|pth|txt|md|csv)$", word))


def check_option(text: str) -> None:
    """A span of code that begins with options alone, such as `--resume --output runs/a`.

    Raises:
        WrongCommandError: no tool has one of them.
    """
    for word in text.split():
        option = word.partition("=")[0]
        if re.match(r"--[a-z]", option) and option not in parsers.all_options() | FOREIGN_OPTIONS:
            raise WrongCommandError(f"no tool has an option {option}")


def is_path(text: str) -> bool:
    """Whether a span of code is a path from the root of the repository."""
    return bool(re.fullmatch(r"(?:tools|tests|ffkeras|tflite|docs|web_demo|android_demo)/[\w./*{},-]*", text))


def check_exists(path: str, written: set[str]) -> None:
    """A path is one of the repository, of the reader, of our data sets, or written by the page.

    Raises:
        WrongCommandError: it is none of these.
    """
    bare = path.rstrip("/")
    own = {name.rstrip("/") for name in READERS_OWN}
    above = {bare, *map(str, Path(bare).parents)} - {"."}
    if str(Path(bare)) in tracked() or above & (own | written):
        return
    if path.startswith((DATA_FOLDER, *ELSEWHERE)):
        return
    raise WrongCommandError(f"{path} is no file of the repository, and no command of the page writes it")
