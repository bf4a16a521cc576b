"""Files of a git repository's whole history, read without a work tree."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import PurePosixPath

from ffkeras.errors import UserError


class GitObjects:
    """The files that any commit of a repository holds.

    Args:
        directory: the git directory (`.git`, or a bare clone; objects may be missing, as in a partial clone).
    """

    def __init__(self, directory: str | os.PathLike):
        self.directory = str(directory)

    def paths(self) -> Iterator[tuple[PurePosixPath, str]]:
        """(path, object name) of every file of the history; a path may come more than once, equal files under one path.

        Raises:
            UserError: no git repository, or git is not installed.
        """
        for line in self._git("rev-list", "--all", "--objects", "--missing=allow-any").decode().splitlines():
            name, _, path = line.partition(" ")
            if path:
                yield PurePosixPath(path), name

    def read(self, name: str) -> bytes | None:
        """The bytes of an object; None where the clone does not have it."""
        try:
            return self._git("cat-file", "blob", name)
        except UserError:
            return None

    def _git(self, *arguments: str) -> bytes:
        command = ["git", "--git-dir", self.directory, *arguments]
        try:
            return subprocess.run(command, check=True, capture_output=True).stdout
        except FileNotFoundError as error:
            raise UserError("git is not installed; install it.") from error
        except subprocess.CalledProcessError as error:
            told = error.stderr.decode(errors="replace").strip().splitlines()
            raise UserError(
                f"cannot read {self.directory} as a git directory: {told[0] if told else 'git failed'}."
            ) from error
