"""Gather pictures of WIDER FACE's training set from clones of public repositories, with WIDER FACE's own boxes.

The result is a data set for --data of tools/train.py. docs/data.md says which repositories hold how many.
"""

import argparse
import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras.cli import run


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path, metavar="GIT", help="git directories, most trusted first")
    parser.add_argument("--boxes", type=Path, required=True, metavar="FILE", help="wider_face_train_bbx_gt.txt")
    parser.add_argument("--landmarks", type=Path, metavar="GIT", help="git directory of VOC files with landmarks")
    parser.add_argument("--known", nargs="+", type=Path, default=[], metavar="DATA", help="leave their pictures out")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="the data set to write")
    return parser.parse_args()


def main() -> None:
    """Gather, and say how many came from where."""
    options = parse_arguments()
    from ffkeras.data.gather import gather

    logging.basicConfig(format="%(message)s")
    counts = gather(options.repositories, options.boxes, options.landmarks, options.known, options.output, shown)
    for repository, count in counts.items():
        print(f"{repository}: {count} pictures")
    print(f"{options.output}: {counts.total()} pictures")


def shown(names):
    """The names, with a bar of progress and the time left."""
    from rich.progress import track

    return track(names, description="gathering")


if __name__ == "__main__":
    run(main)
