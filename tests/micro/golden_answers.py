"""What the golden set says of one file and one picture, in the words of the C programs."""

import zlib
from dataclasses import dataclass
from pathlib import Path

from ffkeras.compare.faces import differing_faces
from ffkeras.golden.make import faces_of, read_index
from ffkeras.runtime import read_metadata

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
MODELS = ROOT / "tflite" / "models"
WIDTHS = {"bbox_regression": 4, "landmarks": 10}
PIXELS = 0.01  # of the picture: the same raw outputs, and four decimals


@dataclass(frozen=True)
class Answer:
    picture: Path
    faces: list
    input_crc32: str
    outputs: Path | None
    anchors: int

    @property
    def outputs_crc32(self):
        data = self.outputs.read_bytes()
        classes = len(data) // self.anchors - sum(WIDTHS.values())
        checksums = {}
        for name, width in {"classification": classes, **WIDTHS}.items():
            values, data = data[: width * self.anchors], data[width * self.anchors :]
            checksums[name] = f"{zlib.crc32(values):08x}"
        assert not data
        return checksums

    def assert_equal(self, printed):
        """Raw input and outputs byte for byte, faces but for the rounding of floats."""
        assert printed["input_crc32"] == self.input_crc32
        assert printed["outputs_crc32"] == self.outputs_crc32
        self.assert_same_faces(printed)

    def assert_same_faces(self, printed):
        assert differing_faces(self.faces, faces_of(printed["faces"]), PIXELS) is None


def answers(model):
    """Picture's name -> answer for one of the golden set's files."""
    entry = next(entry for entry in read_index(GOLDEN)["models"] if entry["file"] == model.name)
    anchors = read_metadata(model.read_bytes(), model.name).anchor_count
    return {
        Path(result["image"]).stem: Answer(
            GOLDEN / result["image"],
            faces_of(result["reference"]),
            result["input_crc32"],
            GOLDEN / result["outputs"] if result["outputs"] else None,
            anchors,
        )
        for result in entry["results"]
    }


def smallest_model():
    """The golden set's file for the smallest input."""
    entry = min(read_index(GOLDEN)["models"], key=lambda entry: entry["image_size"])
    return MODELS / entry["file"]
