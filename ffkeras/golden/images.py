"""The pictures of the golden set: real photographs cut, resized and put together, each lossless afterwards.

Sizes are odd, upright and lying, below and above a network's input, and once exactly as wide as the input.
"""

from collections.abc import Mapping

import cv2
import numpy as np

PHOTOGRAPHS = ("astronaut.jpg", "grace_hopper.jpg", "coffee.jpg", "rocket.jpg")
ASTRONAUT_HEAD = (148, 20, 308, 200)  # x1, y1, x2, y2 in the photograph: the face with its surroundings
HOPPER_HEAD = (130, 85, 400, 385)

CROWD_SIZE = (479, 711)  # height, width
CROWD_ROWS = (128, 96, 72, 56, 40, 32, 24)  # heights of its rows of heads, in pixels
CROWD_GAP = 4
TILE_ASPECT = 7 / 8  # width by height
ANGLES = (0, -12, 9, 0, 17, -6)  # degrees; these lists have no common length, so that no two heads are treated alike
GAINS = (1.0, 0.7, 1.2, 0.85, 1.05)
OFFSETS = (0, 18, -14, 8)


def make_images(photographs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The pictures by name, uint8 BGR.

    Args:
        photographs: uint8 BGR of each of PHOTOGRAPHS, by file name.
    """
    astronaut, hopper, coffee, rocket = (photographs[name] for name in PHOTOGRAPHS)
    return {
        "astronaut": astronaut[:448, :449],
        "grace_hopper": _resize(hopper, 301, 353),
        "coffee": _resize(coffee, 241, 161),
        "rocket": _resize(rocket, 320, 213),
        "crowd": _make_crowd(_cut(astronaut, ASTRONAUT_HEAD), _cut(hopper, HOPPER_HEAD)),
        "small_face": _resize(_cut(astronaut, ASTRONAUT_HEAD), 61, 69),
        "strip": _resize(hopper[150:330], 371, 129),
        "pixel": coffee[200:201, 300:301],
    }


def _cut(image: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    x1, y1, x2, y2 = box
    return image[y1:y2, x1:x2]


def _resize(image: np.ndarray, width: int, height: int) -> np.ndarray:
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def _make_crowd(*heads: np.ndarray) -> np.ndarray:
    """Rows of heads from large to small, turned, mirrored, lit and coloured differently, on grey."""
    height, width = CROWD_SIZE
    canvas = np.full((height, width, 3), 96, np.uint8)
    top, number = CROWD_GAP, 0
    for row_height in CROWD_ROWS:
        tile_width = round(row_height * TILE_ASPECT)
        for left in range(CROWD_GAP, width - tile_width, tile_width + CROWD_GAP):
            tile = _resize(_vary(heads[number % len(heads)], number), tile_width, row_height)
            canvas[top : top + row_height, left : left + tile_width] = tile
            number += 1
        top += row_height + CROWD_GAP
    return canvas


def _vary(head: np.ndarray, number: int) -> np.ndarray:
    height, width = head.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), ANGLES[number % len(ANGLES)], 1.0)
    head = cv2.warpAffine(head, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if number % 3 == 1:
        head = head[:, ::-1]
    gain, offset = GAINS[number % len(GAINS)], OFFSETS[number % len(OFFSETS)]
    head = np.clip(head * gain + offset, 0, 255).round().astype(np.uint8)
    if number % 7 == 5:
        head = np.repeat(cv2.cvtColor(head, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2)
    return head
