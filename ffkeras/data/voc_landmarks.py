"""Five landmarks a face in Pascal VOC's XML, as libfacedetection.train (Yu et al.) published WIDER FACE's."""

from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np

from ffkeras.errors import UserError


@dataclass(frozen=True)
class VocLandmarks:
    """What a file says of its picture.

    Args:
        size: (width, height) of the picture in pixels.
        boxes: float32 [N, 4] of the faces that have landmarks, corners in pixels.
        landmarks: float32 [N, 5, 2] in pixels: left eye, right eye, nose, left and right mouth corner, as seen.
    """

    size: tuple[int, int]
    boxes: np.ndarray
    landmarks: np.ndarray


def parse_voc_landmarks(data: bytes, name: str) -> VocLandmarks:
    """Read the XML: `size`, and `object`s of `bndbox`, `has_lm` and `lm` (x1, y1, ..., x5, y5).

    Raises:
        UserError: not such a file; the sentence names `name`.
    """
    try:
        root = ElementTree.fromstring(data)
        size = tuple(int(root.find(f"size/{side}").text) for side in ("width", "height"))
        faces = [face for face in root.iter("object") if face.findtext("has_lm") == "1"]
        boxes = [[float(face.find(f"bndbox/{key}").text) for key in ("xmin", "ymin", "xmax", "ymax")] for face in faces]
        points = [[float(face.find(f"lm/{axis}{k}").text) for k in range(1, 6) for axis in "xy"] for face in faces]
    except (ElementTree.ParseError, AttributeError, TypeError, ValueError) as error:
        raise UserError(f"{name} is no Pascal VOC file with landmarks; leave it out.") from error
    return VocLandmarks(
        size, np.array(boxes, np.float32).reshape(-1, 4), np.array(points, np.float32).reshape(-1, 5, 2)
    )
