"""Reading whatever face data a folder holds, looked over, and holding some of it out."""

import logging
import zlib
from collections.abc import Iterable
from pathlib import Path

from ffkeras.data.check import CheckedSet, Progress, check_set
from ffkeras.data.findings import Effect, to_text
from ffkeras.data.formats import FORMATS, DataSet, read_set
from ffkeras.data.labels import LabelledImage
from ffkeras.data.shards import is_sharded
from ffkeras.errors import UserError

HELD_OUT_ONE_IN = 16
VAL, TEST = "val", "test"

logger = logging.getLogger(__name__)


def read_sets(folders: Iterable[str | Path]) -> list[DataSet]:
    """The data sets of folders that are such, or folders of such folders, as their files have them.

    Raises:
        UserError: a folder is missing or holds no data set, or a file in it is malformed.
    """
    sets: list[DataSet] = []
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise UserError(f"{folder} is not a folder; name a folder with face data.")
        if is_sharded(folder):
            raise UserError(f"{folder} holds shards, which only training reads; name the folders they were made of.")
        found = read_set(folder)
        inside = [found] if found else [read_set(path) for path in sorted(folder.iterdir()) if path.is_dir()]
        inside = [data for data in inside if data is not None]
        if not inside:
            raise UserError(f"{folder} holds no face data; it should have {FORMATS}, see docs/own-data.md.")
        sets += inside
    return sets


def check_sets(sets: Iterable[DataSet], progress: Progress = iter) -> list[CheckedSet]:
    """Look over data sets, and say in the log what they are and what is wrong; a set named twice is looked at once.

    Raises:
        UserError: labels that cannot be meant as they stand; the sentences list everything.
    """
    done: dict[Path, CheckedSet] = {}
    checked = []
    for data in sets:
        if data.folder not in done:
            done[data.folder] = check_set(data, progress)
            logger.info("%s", done[data.folder].summary())
        checked.append(done[data.folder])
    wrong = [one for one in done.values() if one.stops]
    if wrong:
        raise UserError("\n".join(f"{one.folder} cannot be used.\n{to_text(one.findings)}" for one in wrong))
    for one in done.values():
        if text := to_text(finding for finding in one.findings if finding.problem.effect != Effect.NOTE):
            logger.warning("%s\n(`ffkeras data check %s` lists all of it)", text, one.folder)
    return checked


def read_dataset(folders: Iterable[str | Path]) -> list[LabelledImage]:
    """Read labelled pictures of any of the formats, and leave out what is wrong with them; see `check_sets`.

    Raises:
        UserError: a folder is missing or holds no data set, a file in it is malformed, or its labels cannot be meant.
    """
    return [image for data in check_sets(read_sets(folders)) for image in data.images]


def is_held_out(image: LabelledImage) -> bool:
    """Whether an image is for validation: by its name alone, so the same on every machine and for every subset."""
    return zlib.crc32("/".join(image.path.parts[-2:]).encode(errors="surrogateescape")) % HELD_OUT_ONE_IN == 0


def split_held_out(images: list[LabelledImage]) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """Hold some of every data set out for validation during training.

    Of a set that has a part "val" it is that part, and the part "test" is in neither. Of others it is about one image
    in 16, by a fixed hash of "<folder>/<name>". Of very few images perhaps none is held out; never all are.

    Returns:
        (training, held_out); both in the order given.
    """
    to_learn = {image.source for image in images if image.split not in (VAL, TEST)}
    with_val = to_learn & {image.source for image in images if image.split == VAL}
    images = [image for image in images if image.split != TEST or image.source not in to_learn]
    held_out = [image for image in images if (image.split == VAL if image.source in with_val else is_held_out(image))]
    names = {image.path for image in held_out}
    training = [image for image in images if image.path not in names]
    return (training, held_out) if training else (images, [])


def choose_part(images: list[LabelledImage], part: str) -> list[LabelledImage]:
    """The pictures of a part: "all", "train", "val", "test", or "held-out" for those that training holds out."""
    if part == "all":
        return images
    if part == "held-out":
        return split_held_out(images)[1]
    return [image for image in images if image.split == part]
