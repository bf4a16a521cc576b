import io
import sys

import pytest

from ffkeras import cli
from ffkeras.errors import UserError


@pytest.mark.parametrize(("text", "size"), [("640", (640, 640)), ("480x640", (480, 640)), ("32X64", (32, 64))])
def test_sizes_are_height_by_width(text, size):
    assert cli.parse_image_size(text) == size


@pytest.mark.parametrize("text", ["", "abc", "0", "-32", "1x2x3", "640.0", "650", "640x100"])
def test_other_sizes_are_refused_with_their_text(text):
    with pytest.raises(UserError, match=repr(text)):
        cli.parse_image_size(text)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("x.jpg is empty."), 1, "error: x.jpg is empty."),
        (KeyboardInterrupt(), 130, ""),
        (MemoryError(), 1, "error: there is not enough memory"),
        (OSError(28, "No space left on device"), 1, "error: cannot use standard output: No space left on device;"),
        (PermissionError(13, "Permission denied", "x.csv"), 1, "error: cannot use x.csv: Permission denied;"),
    ],
)
def test_errors_become_a_sentence_and_an_exit_code(capsys, error, code, said):
    def main():
        raise error

    with pytest.raises(SystemExit) as exit_:
        cli.run(main)
    assert exit_.value.code == code
    output = capsys.readouterr()
    assert said in output.err
    assert "Traceback" not in output.err


def test_any_name_can_be_printed_whatever_the_encoding(monkeypatch):
    def main():
        print("caf\u00e9 \u706b \udcff")
        raise UserError("\u706b.jpg is empty.")

    streams = {
        name: io.TextIOWrapper(io.BytesIO(), encoding="cp1252", errors="strict") for name in ("stdout", "stderr")
    }
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    with pytest.raises(SystemExit):
        cli.run(main)
    assert streams["stdout"].buffer.getvalue().rstrip() == b"caf\xe9 \\u706b \\udcff"
    assert streams["stderr"].buffer.getvalue().rstrip() == b"error: \\u706b.jpg is empty."


def test_a_program_without_a_console_ends_as_others_do(monkeypatch):
    def main():
        raise UserError("x")

    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with pytest.raises(SystemExit) as exit_:
        cli.run(main)
    assert exit_.value.code == 1


def test_success_exits_with_zero():
    with pytest.raises(SystemExit) as exit_:
        cli.run(lambda: None)
    assert exit_.value.code == 0
