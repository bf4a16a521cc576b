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
    [(UserError("x.jpg is empty."), 1, "error: x.jpg is empty."), (KeyboardInterrupt(), 130, "")],
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


def test_success_exits_with_zero():
    with pytest.raises(SystemExit) as exit_:
        cli.run(lambda: None)
    assert exit_.value.code == 0
