import sys

import pytest

from ffkeras import commands


@pytest.fixture
def ffkeras(monkeypatch, capsys):
    """Runs the command in this process: ffkeras(arguments) -> (exit code, standard output, standard error)."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["ffkeras", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            commands.main()
        captured = capsys.readouterr()
        return ended.value.code, captured.out, captured.err

    return call
