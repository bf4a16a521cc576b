"""Keeping the chatter of C++ libraries off the terminal."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

from ffkeras.errors import UserError

_STDERR = 2


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back what is written to stderr inside this context, also by C++ code, which no log level reaches.

    Where the context fails it is shown after all, but for a UserError, whose sentence stands alone. The file
    descriptor belongs to the whole process: other threads are held back as well.
    """
    sys.stderr.flush()
    terminal = os.dup(_STDERR)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        except UserError:
            raise
        except BaseException:
            sys.stderr.flush()
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(terminal, _STDERR)
            os.close(terminal)
