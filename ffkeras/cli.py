"""What every command shares: error sentences, exit codes and the reading of sizes."""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from ffkeras.errors import UserError
from ffkeras.quiet import end_quiet, own_this_process

SIZE_MULTIPLE = 32  # the deepest stride of the pyramid


def run(main: Callable[[], int | None]) -> None:
    """Call `main` and exit with its code; bad input prints one sentence and exits 1, Ctrl-C exits 130."""
    own_this_process()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's background job starts with it switched off
    write_any_name()
    try:
        code = main()
        if sys.stdout is not None:
            sys.stdout.flush()
    except UserError as error:
        code = _end(f"error: {error}", 1)
    except KeyboardInterrupt:
        end_quiet()
        code = _end("interrupted.", 130)
    except BrokenPipeError:
        code = _end("", 1)
    except MemoryError:
        code = _end("error: there is not enough memory; end other programs or take less at once.", 1)
    except OSError as error:
        name = "standard output" if error.filename is None else error.filename
        code = _end(f"error: cannot use {name}: {error.strerror or error}; choose another or free some space.", 1)
    sys.exit(code or 0)


def write_any_name() -> None:
    """Let the standard streams write names that their encoding lacks, as backslashes and numbers."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # not where a program has put its own in their place
            stream.reconfigure(errors="backslashreplace")


def _end(sentence: str, code: int) -> int:
    """Say a last sentence, as far as there is somewhere to say it; returns the exit code."""
    with contextlib.suppress(OSError, ValueError):
        if sentence and sys.stderr is not None:
            print(sentence, file=sys.stderr, flush=True)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):  # Python would try again at its end, and fail with its own words
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def add_cache_arguments(parser: argparse.ArgumentParser) -> None:
    """`--cache-gb` and `--cache-folder`, for `ffkeras.data.image_cache.make_cache`."""
    parser.add_argument("--cache-gb", type=float, default=6.5, help="memory for decoded images (%(default)s)")
    parser.add_argument(
        "--cache-folder",
        type=Path,
        metavar="FOLDER",
        help="keep decoded images there instead, --cache-gb at most, for all runs side by side and for later ones",
    )


def parse_image_size(text: str) -> tuple[int, int]:
    """Read "640" or "480x640" (height x width) as (height, width).

    Raises:
        UserError: not a size, or not a positive multiple of 32.
    """
    parts = str(text).lower().split("x")
    if len(parts) > 2 or not all(part.isdigit() for part in parts):
        raise UserError(f"image size {text!r} is not a size; write 640 or 480x640 (height x width).")
    height, width = int(parts[0]), int(parts[-1])
    for side in (height, width):
        if side == 0 or side % SIZE_MULTIPLE:
            nearest = max(SIZE_MULTIPLE, round(side / SIZE_MULTIPLE) * SIZE_MULTIPLE)
            raise UserError(
                f"image size {text!r} is not a multiple of {SIZE_MULTIPLE}; use {nearest} instead of {side}."
            )
    return height, width


class ImageSizeAction(argparse.Action):
    """argparse action: stores `parse_image_size` of the argument."""

    def __call__(self, parser, namespace, values, option_string=None):
        """Store (height, width) under the option's name."""
        setattr(namespace, self.dest, parse_image_size(values))
