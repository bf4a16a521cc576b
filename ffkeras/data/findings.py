"""What is wrong with a data set: every finding at once, each with what follows from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

SHOWN = 3  # places of each problem


class Effect(Enum):
    """What a finding means for training and evaluation."""

    STOP = "nothing can be done until this is mended"
    PICTURE = "these pictures are left out"
    FACE = "these faces are ignored: neither learned nor background"
    LANDMARKS = "these faces count without landmarks"
    NOTE = "nothing is left out"


class Problem(Enum):
    """A kind of mistake: what it is called, what follows from it, and what to do."""

    MALFORMED = ("labels that are not understood", Effect.STOP, "write them as docs/own-data.md says")
    NO_CLASS = ("no class of faces", Effect.STOP, "call the class of faces `face`")
    NOT_SHARES = (
        "pixels where shares of the picture are meant",
        Effect.STOP,
        "divide x by the picture's width and y by its height, or use a format in pixels",
    )
    NOT_PIXELS = (
        "shares of the picture where pixels are meant",
        Effect.STOP,
        "multiply x by the picture's width and y by its height, or use YOLO's format",
    )
    LANDMARKS_NOT_PIXELS = (
        "landmarks as shares of the picture where pixels are meant",
        Effect.STOP,
        "multiply x by the picture's width and y by its height, or remove them",
    )
    CORNERS = (
        "corners where sizes are meant: the third and fourth number look like x2 and y2",
        Effect.STOP,
        "write x2 - x1 and y2 - y1",
    )
    SIZES = (
        "sizes where corners are meant: the third and fourth number look like width and height",
        Effect.STOP,
        "write x + width and y + height",
    )
    NO_FACES = ("not a single face to learn", Effect.STOP, "add labels")
    MISSING = ("pictures that are not there", Effect.PICTURE, "add them, or remove their labels")
    UNREADABLE = ("pictures that cannot be read", Effect.PICTURE, "replace them, or remove them and their labels")
    TRUNCATED = ("pictures whose end is missing", Effect.PICTURE, "copy them again")
    OTHER_SIZE = (
        "pictures of another size than their labels were made for",
        Effect.PICTURE,
        "label them as they are; perhaps they were turned or resized since",
    )
    REPEATED = ("pictures that are listed twice", Effect.NOTE, "list each once, with all of its faces")
    NO_AREA = ("boxes without area", Effect.FACE, "remove them, or write width and height above zero")
    OUTSIDE = ("boxes that lie mostly outside of their picture", Effect.FACE, "correct or remove them")
    LANDMARKS_ZERO = (
        "faces whose landmarks are all zero",
        Effect.LANDMARKS,
        "leave out unknown landmarks, or write -1",
    )
    LANDMARKS_FAR = ("faces whose landmarks are far from their box", Effect.LANDMARKS, "correct or remove them")
    MIRRORED = (
        "landmarks that are named from the person's side",
        Effect.NOTE,
        "nothing: left and right are exchanged in reading, since here they are as seen in the picture",
    )
    OTHER_KEYPOINTS = (
        "keypoints that are not the two eyes, the nose and the corners of the mouth",
        Effect.NOTE,
        "nothing: faces count without landmarks",
    )
    NO_LABELS = (
        "pictures without a label file",
        Effect.NOTE,
        "nothing, if they show no face: they count as background",
    )

    def __init__(self, title: str, effect: Effect, advice: str):
        self.title, self.effect, self.advice = title, effect, advice


OF_THE_SET = frozenset(  # found once for all labels, with an example
    (
        Problem.NO_CLASS,
        Problem.NOT_SHARES,
        Problem.NOT_PIXELS,
        Problem.LANDMARKS_NOT_PIXELS,
        Problem.CORNERS,
        Problem.SIZES,
        Problem.NO_FACES,
        Problem.MIRRORED,
        Problem.OTHER_KEYPOINTS,
    )
)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or worth knowing.

    Args:
        problem: its kind.
        place: file and line, or picture and face, in words.
        detail: what stands there; may be empty.
    """

    problem: Problem
    place: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.detail}" if self.detail else self.place


def group(findings: Iterable[Finding]) -> dict[Problem, list[Finding]]:
    """The findings of each kind, the gravest kinds first."""
    grouped: dict[Problem, list[Finding]] = {problem: [] for problem in Problem}
    for finding in findings:
        grouped[finding.problem].append(finding)
    return {problem: found for problem, found in grouped.items() if found}


def to_text(findings: Iterable[Finding], shown: int = SHOWN) -> str:
    """A paragraph for each kind: how many, what follows, what to do, and some places; empty without findings."""
    lines = []
    for problem, found in group(findings).items():
        count = "" if problem in OF_THE_SET else f": {len(found):,}"
        lines.append(f"{problem.title}{count} - {problem.effect.value}; {problem.advice}")
        lines += [f"    {finding}" for finding in found[:shown]]
        if len(found) > shown:
            lines.append(f"    and {len(found) - shown:,} more")
    return "\n".join(lines)
