#!/usr/bin/env python3
"""Put released models into the browser demo: float32 borders around the same int8 network, and the page's index.

    tools/bundle_web.py tflite/models/{nano_b_fast_320,nano_b_320,nano_b_fast_640}_int8.tflite

The page starts with the first. Each file must give the same faces as the one that it is made from.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras import cli  # noqa: E402
from ffkeras.files import check_writable  # noqa: E402

DEFAULT_MODEL = ROOT / "tflite" / "models" / "nano_b_fast_320_int8.tflite"
PHOTOGRAPHS = ROOT / "tests" / "data" / "photos"


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "models",
        nargs="*",
        type=Path,
        default=[DEFAULT_MODEL],
        metavar="FILE",
        help="int8 or float32 .tflite files with raw outputs (default: nano_b_fast_320_int8.tflite)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=ROOT / "web_demo" / "models",
        metavar="DIR",
        help="the demo's folder of models (default: web_demo/models)",
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Make each model, compare it with its source, write them and their index."""
    options = parse_arguments(arguments)
    from ffkeras.images import list_images, read_image
    from ffkeras.runtime.trial import try_model
    from ffkeras.web.bundle import INDEX, bundle_models

    check_writable(options.output / INDEX)
    images = [read_image(path) for path in list_images([PHOTOGRAPHS])]
    for path in options.models:
        try_model(path)
    for path in bundle_models(options.models, options.output, images):
        print(f"wrote {path} ({path.stat().st_size:,} bytes)")


if __name__ == "__main__":
    cli.run(main)
