"""Every command, snippet and path of every page is what a reader can rely on."""

import json
import re
import subprocess
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest

from ffkeras.commands.data import next_step
from ffkeras.geometry.boxes import iou_matrix
from ffkeras.images import read_image
from ffkeras.runtime.metadata import read_metadata
from tests.pages import programs
from tests.pages.markdown import NO_COMMANDS, ROOT, Command, page_names, parse_page, read_page
from tests.pages.words import WrongCommandError, split_calls

PAGES = page_names()
PHOTOS = ROOT / "tests" / "data" / "photos"
NAMES_OF_MANY = {"tools/NAME.py"}


def wrong_commands(commands, written) -> list[str]:
    """What is wrong with commands, a line each."""
    found = []
    for command in commands:
        try:
            programs.check(command, written)
        except WrongCommandError as error:
            found.append(f"{command}\n    {error}")
    return found


def written_on(page) -> set[str]:
    return set().union(*map(programs.written_by, (*page.commands, *commands_in_text(page))))


PROGRAM = re.compile(
    r"(ffkeras|make|pip|pytest|python3?|gradle|apt|apt-get|systemctl|systemd-analyze|source|sudo|\.venv/bin/python) \S"
    r"|(tools|tflite|android_demo)/\S+\.(py|sh)( |$)|[A-Z_]+=\S+ tools/"
)


def commands_in_text(page) -> list[Command]:
    """Spans of code in sentences that begin with a program."""
    return [span for span in page.named if PROGRAM.match(span.text) and span.text not in NAMES_OF_MANY]


@pytest.mark.parametrize("name", PAGES)
def test_commands_are_what_the_programs_take(name):
    page = read_page(name)
    assert not wrong_commands(page.commands, written_on(page))


@pytest.mark.parametrize("name", PAGES)
def test_commands_in_sentences_are_what_the_programs_take(name):
    page = read_page(name)
    assert not wrong_commands(commands_in_text(page), written_on(page))


@pytest.mark.parametrize("name", PAGES)
def test_options_in_sentences_are_those_of_a_tool(name):
    wrong = []
    for span in read_page(name).named:
        if span.text.startswith("--"):
            try:
                programs.check_option(span.text)
            except WrongCommandError as error:
                wrong.append(f"{span}: {error}")
    assert not wrong


@pytest.mark.parametrize("name", PAGES)
def test_paths_in_sentences_are_there(name):
    page = read_page(name)
    written, wrong = written_on(page), []
    for span in page.named:
        if programs.is_path(span.text) and span.text not in NAMES_OF_MANY:
            try:
                for call in split_calls(span):
                    for path in call.words:
                        programs.check_exists(path, written)
            except WrongCommandError as error:
                wrong.append(f"{span}: {error}")
    assert not wrong


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    assert [link for link in read_page(name).links if not (ROOT / name).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("name", PAGES)
def test_snippets_are_of_a_known_language(name):
    languages = {snippet.language for snippet in read_page(name).snippets}
    assert languages <= {"python", "json", "java", "js", NO_COMMANDS}


def snippets(language):
    found = [snippet for name in PAGES for snippet in read_page(name).snippets if snippet.language == language]
    return [pytest.param(snippet, id=f"{snippet.page}:{snippet.line}") for snippet in found]


@pytest.mark.parametrize("snippet", snippets("python"))
def test_python_finds_the_face_that_it_is_given(snippet, capfd):
    programs.compile_code(snippet.text)
    names = {"image_bgr": read_image(PHOTOS / "astronaut.jpg")}
    exec(snippet.text, names)
    assert capfd.readouterr().out.count("[") >= 1
    labels = {entry["image"]: entry["faces"] for entry in json.loads((PHOTOS / "faces.json").read_text())}
    expected = np.array([labels["astronaut.jpg"][0]["box"]])
    assert iou_matrix(names["face"].box[None], expected).item() > 0.5


@pytest.mark.parametrize("snippet", snippets("json"))
def test_the_record_has_the_keys_of_a_released_file(snippet):
    released = (ROOT / "tflite" / "models" / "nano_b_320_int8.tflite").read_bytes()
    assert set(json.loads(snippet.text)) == {"crc32", *asdict(read_metadata(released, "nano_b_320"))}


@pytest.mark.parametrize("snippet", snippets("js"))
def test_javascript_imports_what_the_library_exports(snippet):
    imports = re.findall(r"import \{ ([\w, ]+) \} from \"([^\"]+)\"", snippet.text)
    assert imports
    for names, path in imports:
        source = (ROOT / snippet.page).parent.joinpath(path).read_text()
        for name in names.split(", "):
            assert re.search(rf"export .*\b{name}\b", source), (name, path)


@pytest.mark.parametrize("snippet", snippets("java"))
def test_java_calls_what_the_library_has(snippet):
    sources = {path.stem: path.read_text() for path in (ROOT / "android_demo").rglob("*.java")}
    for name in re.findall(r"new (\w+)\(", snippet.text):
        assert re.search(rf"\bclass {name}\b", sources[name]), name
    for kind, method in re.findall(r"\b([A-Z]\w+)\.(\w+)\(", snippet.text):
        assert re.search(rf"public static .*\b{method}\(", sources[kind]), method
    for field in re.findall(r"\bface\.(\w+)", snippet.text):
        assert re.search(rf"\b{field}\b", sources["Face"]), field


def test_make_demo_is_what_the_tools_take():
    told = subprocess.run(["make", "--dry-run", "demo"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lines = [line for line in told.replace("\\\n", " ").splitlines() if line.startswith(".venv/bin/python tools/")]
    commands = [Command("Makefile", 1, line) for line in lines]
    assert len(commands) == 4
    assert not wrong_commands(commands, set())


def test_what_data_check_advises_is_what_the_tool_takes():
    advised = next_step(SimpleNamespace(folder="faces/")).splitlines()
    commands = [Command("ffkeras data check", 1, line.strip()) for line in advised if line.startswith("  ")]
    assert len(commands) == 1
    assert not wrong_commands(commands, set())


PAGE = """\
# A page

Text with `tools/train.py --epochs 3` in it.

    make test    # the tests
    tools/train.py --data faces/ \\
        --epochs 3

1. An item:

       ffkeras models

```sh
ffkeras detect photo.jpg
```

```text
    no command
```
"""


def test_a_page_is_taken_apart():
    page = parse_page("a.md", PAGE)
    assert [(command.line, command.text) for command in page.commands] == [
        (5, "make test"),
        (6, "tools/train.py --data faces/ --epochs 3"),
        (11, "ffkeras models"),
        (14, "ffkeras detect photo.jpg"),
    ]
    assert [span.text for span in commands_in_text(page)] == ["tools/train.py --epochs 3"]
    assert [snippet.language for snippet in page.snippets] == [NO_COMMANDS]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tools/train.py --epoch-count 3", "refuses it: unrecognized arguments: --epoch-count"),
        ("tools/train.py --epochs many", "invalid int value: 'many'"),
        ("tools/train.py --data faces/ --epochs 0", "it ends with"),
        ("tools/train.py --resume", "--resume needs --output"),
        ("tools/paint.py photo.jpg", "tools/paint.py is no program that these pages use"),
        (".venv/bin/python tools/paint.py", "tools/paint.py is no file of the repository"),
        ("tools/evaluate.py --data faces/", "one of the arguments --model --from-detections is required"),
        ("tools/evaluate.py --model nano_b_320 --data people/", "people/ is no file of the repository"),
        ("tools/prune.py runs/a --budget params=150k", "it names no --output"),
        ("ffkeras paint photo.jpg", "ffkeras has no subcommand paint"),
        ("ffkeras detect", "the following arguments are required: INPUT"),
        ("ffkeras detect portrait.jpg", "portrait.jpg is no file of the repository"),
        ("ffkeras detect 'photo.jpg", "no shell reads it"),
        ("ffkeras convert --weights runs/a --image-size 100", "is not a multiple of 32"),
        ("ffkeras detect PICTURE", "PICTURE stands for something that no list knows"),
        ("make tests", "the Makefile has no target tests"),
        ("make fuzz SECONDS=3", "the Makefile has no variable SECONDS"),
        ("pip install '.[everything]'", "setup.cfg has no extra everything"),
        ("pip install tensorflaw", "no extra of setup.cfg names the package tensorflaw"),
        ("apt-get install gcc-armm", "gcc-armm: neither in"),
        ("python -m pytest -m devices tests/web", "pytest has no marker devices"),
        ("python -c 'print('", "Python does not read it"),
        ("tflite/micro/bare_metal/run.sh an1 FILE photo.jpg", "boards.txt has no board an1"),
        ("tflite/micro/bare_metal/run.sh an500 FILE", "it takes BOARD MODEL PHOTO"),
        ("tflite/rpi/install_service.sh --remove", "takes --uninstall or nothing"),
        ("tools/evaluate.py --model tflite/models/nano_c_*.tflite --data faces/", "matches no file"),
        ("tflite/micro/bare_metal/store_picture.py", "may not be executed"),
        ("TF_CONFIG='{\"cluster\": {}}' tools/train.py", "TF_CONFIG cannot be read"),
        ("cp photo.jpg a && magick a b", "magick is no program"),
    ],
)
def test_a_wrong_command_is_told(text, told):
    with pytest.raises(WrongCommandError) as raised:
        programs.check(Command("a.md", 1, text))
    assert told in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "ffkeras detect photo.jpg --output output/ --json -",
        "tools/train.py --from tflite/models/nano_b --data faces/ --epochs 12 --output runs/own",
        "python tools/evaluate.py --landmarks --data faces/ --model tflite/models/nano_b_{320,640}_int8.tflite",
    ],
)
def test_a_right_command_is_not(text):
    programs.check(Command("a.md", 1, text))


def test_what_a_page_leaves_out_is_not_missed_but_its_options_are_looked_at():
    programs.check(Command("a.md", 1, "tools/evaluate.py --best-threshold", whole=False))
    with pytest.raises(WrongCommandError, match="--best-score"):
        programs.check(Command("a.md", 1, "tools/evaluate.py --best-score", whole=False))


def test_an_option_of_no_tool_is_told():
    programs.check_option("--data faces/ --part val")
    with pytest.raises(WrongCommandError, match="no tool has an option --parts-of"):
        programs.check_option("--parts-of faces/")


def test_a_path_that_another_command_of_the_page_writes_is_there():
    writes = Command("a.md", 1, "tools/train.py --data faces/ --output runs/mine")
    reads = Command("a.md", 2, "ffkeras convert --weights runs/mine --image-size 320")
    assert wrong_commands([reads], set())
    assert not wrong_commands([reads], programs.written_by(writes))
