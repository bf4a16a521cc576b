"""What the readers of the formats share: numbers that float32 holds, faces as arrays, pictures that are found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ffkeras.data.labels import LARGEST_NUMBER, LabelledImage
from ffkeras.files import is_file
from ffkeras.images import files_below
from ffkeras.kinds import IMAGE_SUFFIXES, Kind, file_kind

POINTS = 5
FACE = "face"
SPLITS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


@dataclass
class FaceRow:
    """One face as a file has it.

    Args:
        box: corners (x1, y1, x2, y2) in pixels.
        landmarks: five times (x, y) in pixels; None where one of them is not marked.
        ignore: neither to be learned nor background.
    """

    box: Sequence[float]
    landmarks: Sequence[Sequence[float]] | None = None
    ignore: bool = False


@dataclass
class PictureRows:
    """One picture as a file has it.

    Args:
        path: of the image file.
        faces: in it.
        split: "train", "val", "test", or empty where the set has none.
        size: (width, height) that the labels were made for; None where they do not say.
    """

    path: Path
    faces: list[FaceRow] = field(default_factory=list)
    split: str = ""
    size: tuple[int, int] | None = None

    def labelled(self) -> LabelledImage:
        """As the library has it. All numbers must be `fit`."""
        count = len(self.faces)
        has = np.array([face.landmarks is not None for face in self.faces], bool).reshape(count)
        points = [np.zeros((POINTS, 2)) if face.landmarks is None else face.landmarks for face in self.faces]
        return LabelledImage(
            self.path,
            np.array([face.box for face in self.faces], np.float32).reshape(count, 4),
            np.array(points, np.float32).reshape(count, POINTS, 2),
            has,
            np.array([face.ignore for face in self.faces], bool).reshape(count),
            split=self.split,
            size=self.size,
        )


def fit(numbers: Iterable[object]) -> list[float] | None:
    """Numbers as floats, or None where one is none, is not finite or is too large for float32 to have single pixels."""
    try:
        values = [float(number) for number in numbers]
    except (TypeError, ValueError, OverflowError):
        return None
    return values if all(abs(value) <= LARGEST_NUMBER for value in values) else None  # false for NaN too


def split_of(name: str) -> str:
    """The part of a data set that a file's or folder's name means, or "": "instances_val2017" is "val"."""
    words = "".join(letter if letter.isalpha() else " " for letter in name.casefold()).split()
    return next((SPLITS[word] for word in words if word in SPLITS), "")


def split_below(root: Path, path: Path) -> str:
    """The part of a data set that the folders above a file mean, the nearest that means one."""
    return next((split for part in reversed(path.relative_to(root).parts[:-1]) if (split := split_of(part))), "")


def face_classes(names: Iterable[str]) -> set[str] | None:
    """The classes that are faces: those with `face` in their name, or the only one; None where that is not clear.

    Sets of masks have classes such as with_mask and without_mask, which all are faces.
    """
    known = set(names)
    faces = {name for name in known if FACE in name.casefold()}
    if faces:
        return faces
    return known if len(known) <= 1 or all("mask" in name.casefold() for name in known) else None


class Pictures:
    """The image files of a data set, found by the names that labels have for them, wherever they lie in it.

    Args:
        root: the data set's folder.
    """

    def __init__(self, root: Path):
        self.root = root
        self._by_name: dict[str, list[Path]] | None = None

    def find(self, name: str, near: Iterable[Path] = ()) -> Path | None:
        """The file that is meant, or None.

        Args:
            name: a path or file name; of another machine's or system's path the last part counts.
            near: folders in which it is looked for first.
        """
        name = name.replace("\\", "/")
        relative = name.lstrip("/")
        for folder in near:
            if name and is_file(folder / relative):
                return folder / relative
        alike = self._index().get(Path(name).name.casefold(), []) if name else []
        if len(alike) <= 1:
            return alike[0] if alike else None
        wanted = Path(name).parts[::-1]
        best = sorted(alike, key=lambda path: -_common(path.parts[::-1], wanted))
        first, second = (_common(path.parts[::-1], wanted) for path in best[:2])
        return best[0] if first > second else None

    def find_stem(self, stem: str, near: Iterable[Path] = ()) -> Path | None:
        """The file of this name without its suffix, or None."""
        for suffix in IMAGE_SUFFIXES:
            for spelling in (suffix, suffix.upper()):
                found = self.find(stem + spelling, near)
                if found:
                    return found
        return None

    def all(self) -> list[Path]:
        """Every image file of the set, by its content."""
        return [path for path in files_below(self.root) if file_kind(path).kind == Kind.IMAGE]

    def _index(self) -> dict[str, list[Path]]:
        if self._by_name is None:
            self._by_name = {}
            for path in files_below(self.root):
                self._by_name.setdefault(path.name.casefold(), []).append(path)
        return self._by_name


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    count = 0
    for one, other in zip(first, second, strict=False):
        if one.casefold() != other.casefold():
            break
        count += 1
    return count
