#!/usr/bin/env python3
"""Bring a photograph to the form in which it lies in flash: `store_picture.py PHOTO FILE.bmp`.

Any image becomes a BMP of 24 bits; what is called .bmp is copied byte for byte, and the firmware judges it.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from ffkeras import cli
from ffkeras.errors import UserError
from ffkeras.files import write_bytes


def main() -> None:
    """Read the photograph, write the bitmap."""
    if len(sys.argv) != 3:
        raise UserError("say store_picture.py PHOTO FILE.bmp.")
    photo, bitmap = map(Path, sys.argv[1:])
    if photo.suffix.lower() == ".bmp":
        try:
            write_bytes(bitmap, photo.read_bytes())
        except OSError as error:
            raise UserError(f"cannot read {photo}: {error.strerror}; check the path.") from error
        return
    import cv2

    from ffkeras.images import read_image

    write_bytes(bitmap, cv2.imencode(".bmp", read_image(photo))[1].tobytes())


if __name__ == "__main__":
    cli.run(main)
