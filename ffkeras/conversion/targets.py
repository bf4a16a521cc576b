"""Target profiles: what a file is made for, and what differs for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """What one kind of device wants of an int8 file. All of them run the same int8 network.

    Args:
        name: as `--target` takes it.
        purpose: one line for users.
        image_size: (height, width) of the input in pixels, unless another is asked for.
        borders: type of the input, and of outputs that are not decoded: "int8" or "float32".
        decoded: the file gives boxes, landmarks and scores instead of codes relative to anchors.
        micro: every operation must exist in TFLite Micro, and its interpreter must run the file; operations keep the
            forms that need the fewest multiplications, not those that XNNPACK runs faster.
    """

    name: str
    purpose: str
    image_size: tuple[int, int]
    borders: str = "int8"
    decoded: bool = False
    micro: bool = False

    @property
    def outputs(self) -> str:
        """The outputs in words."""
        return "float32 boxes, landmarks, scores" if self.decoded else f"{self.borders} codes and scores"


TARGETS = {
    target.name: target
    for target in (
        Target("phone", "an app that only thresholds and suppresses", (320, 320), decoded=True),
        Target("pi", "Python on a Raspberry Pi, small faces in large pictures", (640, 640)),
        Target("micro", "a microcontroller with TFLite Micro", (160, 160), micro=True),
        Target("web", "a browser with LiteRT.js, which refuses int8 at the borders", (320, 320), borders="float32"),
    )
}


def describe_targets() -> str:
    """A table of the profiles, one line each."""
    rows = [("target", "size", "input", "outputs", "for")]
    for target in TARGETS.values():
        height, width = target.image_size
        rows.append((target.name, f"{height}x{width}", target.borders, target.outputs, target.purpose))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
