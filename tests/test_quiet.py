import os

import pytest

from ffkeras.errors import UserError
from ffkeras.quiet import quiet_stderr

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


def test_a_sentence_for_the_user_stands_alone(capfd):
    with pytest.raises(UserError), quiet_stderr():
        os.write(STDERR, b"chatter\n")
        raise UserError
    assert capfd.readouterr().err == ""
