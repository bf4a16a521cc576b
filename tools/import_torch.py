"""Import a PyTorch FeatherFace checkpoint and write it as a run folder."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras.cli import run


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; mistakes end here, before anything slow is imported."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Attention and kind of context head are recognised by the names in the checkpoint.",
    )
    parser.add_argument("checkpoint", type=Path, help=".pth (needs torch), or .npz of arrays under PyTorch's names")
    parser.add_argument("--output", type=Path, required=True, metavar="RUN", help="the run folder to write")
    parser.add_argument("--network", choices=("v1",), default="v1", help="the checkpoint's network (default: v1)")
    return parser.parse_args(arguments)


def main() -> None:
    """Import what the command line names."""
    options = parse_arguments()
    from ffkeras.models.saving import save_run
    from ffkeras.models.torch_import import import_v1

    model = import_v1(options.checkpoint)
    save_run(model, options.output)
    config = model.config
    print(f"{options.output}: {config.network}, attention {config.attention}, context {config.context}.")


if __name__ == "__main__":
    run(main)
