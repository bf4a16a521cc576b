"""Print a network's parts with parameters, budgets, multiply-accumulates (MACs) and output shapes."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ffkeras.cli import ImageSizeAction, run  # noqa: E402
from ffkeras.errors import UserError  # noqa: E402

PHOTOGRAPHS = ROOT / "tests" / "data" / "photos"
DEFAULT_IMAGE_SIZE = (640, 640)
TABLE_WIDTH = 120  # where the output is not a terminal


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; mistakes end here, before anything slow is imported."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, metavar="NAME|RUN", help="v1, v2_ultra, nano_b, or a run folder")
    parser.add_argument(
        "--image-size",
        action=ImageSizeAction,
        default=DEFAULT_IMAGE_SIZE,
        metavar="HxW",
        help="network input, multiples of 32 (default: 640)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--simplified",
        action="store_true",
        help="print what each step towards the int8 file takes away, and by how much it changes the outputs (minutes)",
    )
    return parser.parse_args(arguments)


def load_model(name: str):
    """The network of a name, or of a run folder.

    Raises:
        UserError: neither of the two.
    """
    from ffkeras.models.config import NETWORKS

    if name not in NETWORKS and not Path(name).exists():
        raise UserError(f"{name} is neither a network ({', '.join(NETWORKS)}) nor a run folder; check the name.")
    from ffkeras.models.build import build_model
    from ffkeras.models.saving import load_run

    return build_model(name) if name in NETWORKS else load_run(name)


def main() -> None:
    """Describe what the command line names."""
    options = parse_arguments()
    model = load_model(options.model)
    if options.simplified:
        described, table = describe_clean_up(model, options.image_size)
    else:
        from ffkeras.models.describe import describe, make_table

        description = describe(model, options.image_size)
        described, table = dataclasses.asdict(description), make_table(description)
    if options.json:
        print(json.dumps(described, indent=2))
        return
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else TABLE_WIDTH).print(table)


def describe_clean_up(model, image_size: tuple[int, int]) -> tuple:
    """The steps from a network to its int8 file, as JSON values and as a table."""
    from ffkeras.conversion.calibration import read_images
    from ffkeras.conversion.clean_up import make_clean_up_table, measure_clean_up
    from ffkeras.images import list_images

    photographs = read_images(list_images([PHOTOGRAPHS]))
    steps = list(measure_clean_up(model, image_size, photographs))
    return [dataclasses.asdict(step) for step in steps], make_clean_up_table(steps)


if __name__ == "__main__":
    run(main)
