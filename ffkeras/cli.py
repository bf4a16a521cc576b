"""What every command shares: error sentences, exit codes and the reading of sizes."""

import argparse
import signal
import sys
from collections.abc import Callable

from ffkeras.errors import UserError
from ffkeras.quiet import own_this_process

SIZE_MULTIPLE = 32  # the deepest stride of the pyramid


def run(main: Callable[[], int | None]) -> None:
    """Call `main` and exit with its code; bad input prints one sentence and exits 1, Ctrl-C exits 130."""
    own_this_process()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's background job starts with it switched off
    try:
        code = main()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        print("interrupted.", file=sys.stderr)
        code = 130
    except BrokenPipeError:
        code = 1
    sys.exit(code or 0)


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
