"""What surrounds synthetic faces: backgrounds with things that are no faces, occluders, and a camera's faults."""

import functools

import cv2
import numpy as np

from ffkeras.data.drawing.chart import noise_field, noise_texture
from ffkeras.data.drawing.look import SKIN_TONES

NOISE_STEP = 30.0
CLUTTER = 40  # shapes on a busy background, at most
LETTERS = "ABDEGHKMNOPRSTUVXY0358"


def draw_background(rng: np.random.Generator, image_size: tuple[int, int]) -> np.ndarray:
    """Draw a scene without faces: gradients, noise of several grains, shapes, text, skin-coloured blobs.

    Args:
        rng: source of all choices.
        image_size: height and width in pixels.

    Returns:
        uint8 BGR [H, W, 3].
    """
    height, width = image_size
    coarse = (height // 2, width // 2)
    corners = rng.uniform(10, 250) * rng.uniform(0.4, 1.4, (2, 2, 1)) * rng.uniform(0.75, 1.2, (2, 2, 3))
    image = cv2.resize(corners.astype(np.float32), coarse[::-1], interpolation=cv2.INTER_LINEAR)
    roughness = rng.uniform(4, 45)
    for grain in np.exp(rng.uniform(0, np.log(0.2 * height), rng.integers(2, 5))):
        texture = noise_texture(rng, coarse, tuple(grain * rng.uniform(0.6, 1.6, 2)))
        image += texture[..., None] * (rng.uniform(0.2, 1) * roughness * rng.uniform(0.6, 1, 3)).astype(np.float32)
    canvas = cv2.resize(np.clip(image, 0, 255).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    for _ in range(int(CLUTTER * rng.uniform(0, 1))):
        _draw_thing(canvas, rng)
    if rng.random() < 0.6:
        canvas = cv2.GaussianBlur(canvas, (0, 0), float(np.exp(rng.uniform(np.log(0.5), np.log(0.02 * height + 1)))))
    return canvas


def draw_occluder(image: np.ndarray, box: np.ndarray, rng: np.random.Generator) -> None:
    """Cover part of a face, in place, with a hand or a bar; `box` is (x1, y1, x2, y2) in pixels."""
    x1, y1, x2, y2 = (float(value) for value in box)
    width, height = x2 - x1, y2 - y1
    if rng.random() < 0.5:
        colour = _skin(rng) * rng.uniform(0.7, 1.0)
        side, base = rng.choice([-1, 1]), y1 + height * rng.uniform(0.65, 1.0)
        for finger in range(4):
            start = (x1 + width * (0.5 + side * 0.75), base + finger * 0.1 * height)
            end = (x1 + width * (0.5 + side * rng.uniform(0.0, 0.2)), base + finger * 0.1 * height - 0.1 * height)
            tone = colour * (1 - 0.06 * finger)
            _line(image, start, end, tone * 0.65, 0.125 * height)
            _line(image, start, end, tone, 0.095 * height)
        return
    angle, centre = rng.uniform(0, np.pi), (x1 + width * rng.uniform(0, 1), y1 + height * rng.uniform(0, 1))
    reach = np.array([np.cos(angle), np.sin(angle)]) * height * rng.uniform(0.6, 2)
    _line(image, centre - reach, centre + reach, rng.uniform(0, 255, 3), rng.uniform(0.06, 0.22) * height)


def degrade(image: np.ndarray, sharpest: float, rng: np.random.Generator) -> np.ndarray:
    """Photograph a scene badly: uneven light, colour cast, contrast, blur, noise and JPEG blocks.

    Args:
        image: uint8 BGR [H, W, 3].
        sharpest: height in pixels of the smallest face, which blur must leave recognisable.
        rng: source of all choices.

    Returns:
        uint8 BGR [H, W, 3].
    """
    if rng.random() < 0.4:
        image = _light_unevenly(image, rng)
    image = _tone(image, rng)
    if rng.random() < 0.4:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.35 + min(0.05 * sharpest, 2.0)))
    elif rng.random() < 0.12:
        image = _shake(image, rng.uniform(1.5, 2 + 0.12 * sharpest), rng)
    if rng.random() < 0.5:
        image = _add_noise(image, rng)
    if rng.random() < 0.06:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if rng.random() < 0.6:
        quality = int(rng.uniform(25, 95))
        image = cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return image


def _skin(rng: np.random.Generator) -> np.ndarray:
    return SKIN_TONES[rng.integers(len(SKIN_TONES))] * rng.uniform(0.85, 1.1, 3)


def _line(image: np.ndarray, start: np.ndarray, end: np.ndarray, colour: np.ndarray, thickness: float) -> None:
    ends = [tuple(int(round(value)) for value in point) for point in (start, end)]
    cv2.line(image, *ends, [float(value) for value in np.clip(colour, 0, 255)], max(1, round(thickness)), cv2.LINE_AA)


def _draw_thing(image: np.ndarray, rng: np.random.Generator) -> None:
    """One shape that is no face: box, ellipse, line, polygon, word, shaded blob of skin, grid."""
    height, width = image.shape[:2]
    x, y = int(rng.uniform(-0.1, 1.1) * width), int(rng.uniform(-0.1, 1.1) * height)
    size = int(np.exp(rng.uniform(np.log(4), np.log(0.5 * height))))
    colour = rng.uniform(0, 255, 3).tolist() if rng.random() < 0.5 else [float(rng.uniform(0, 255))] * 3
    kind = rng.choice(["box", "ellipse", "line", "polygon", "word", "skin", "grid"])
    if kind == "box":
        corner = (x + int(size * rng.uniform(0.2, 2)), y + size)
        cv2.rectangle(image, (x, y), corner, colour, int(rng.choice([-1, -1, 1, 3])))
    elif kind == "ellipse":
        axes = (max(1, size // 2), max(1, int(size * rng.uniform(0.2, 1))))
        cv2.ellipse(image, (x, y), axes, rng.uniform(0, 180), 0, 360, colour, rng.choice([-1, -1, 1, 2]), cv2.LINE_AA)
    elif kind == "line":
        end = np.array([x, y]) + rng.normal(0, 2 * size, 2)
        _line(image, (x, y), end, colour, rng.uniform(1, 0.2 * size + 2))
    elif kind == "polygon":
        points = np.array([x, y]) + rng.normal(0, size / 2, (5, 2))
        cv2.fillPoly(image, [points.astype(np.int32)], colour, cv2.LINE_AA)
    elif kind == "word":
        word = "".join(rng.choice(list(LETTERS), rng.integers(2, 9)))
        cv2.putText(image, word, (x, y), int(rng.integers(0, 5)), size / 60 + 0.3, colour, 1 + size // 40, cv2.LINE_AA)
    elif kind == "skin":
        _draw_blob(image, (x, y), size, rng)
    else:
        step = max(3, size // 5)
        for offset in range(0, size, step):
            cv2.line(image, (x + offset, y), (x + offset, y + size), colour, max(1, step // 4))
            cv2.line(image, (x, y + offset), (x + size, y + offset), colour, max(1, step // 4))


def _draw_blob(image: np.ndarray, centre: tuple[int, int], size: int, rng: np.random.Generator) -> None:
    """A rounded limb in skin colour, lit from one side, without a face's features."""
    colour, angle = _skin(rng), rng.uniform(0, 180)
    half, long = max(2, int(size * 0.4)), max(3, int(size * rng.uniform(0.4, 1.4)))
    shift = rng.normal(0, 0.12, 2) * half
    for step in np.linspace(0, 1, 12):
        place = tuple(int(value) for value in np.array(centre) + step * shift * 2)
        axes = (max(1, int(half * (1 - 0.55 * step))), max(1, int(long * (1 - 0.3 * step))))
        tone = np.clip(colour * (0.6 + 0.45 * step), 0, 255).tolist()
        cv2.ellipse(image, place, axes, angle, 0, 360, tone, -1, cv2.LINE_AA)


def _light_unevenly(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    corners = np.repeat(rng.uniform(0.55, 1.27, (2, 2, 1)) * 200, 3, axis=2).astype(np.uint8)
    light = cv2.resize(corners, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return cv2.multiply(image, light, scale=1 / 200)


def _add_noise(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sensor noise of 1 to 12 grey levels, in grains of one pixel or more."""
    grain, (height, width) = rng.choice([1.0, 1.6]), image.shape[:2]
    rows, columns = (min(int(side / grain), 500) for side in (height, width))
    top, left = rng.integers(0, 512 - rows), rng.integers(0, 512 - columns)
    noise = _noise_bytes()[top : top + rows, left : left + columns]
    noise = cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)
    gain = rng.uniform(1, 12) / NOISE_STEP
    return cv2.addWeighted(image, 1, noise, gain, -128 * gain)


@functools.cache
def _noise_bytes() -> np.ndarray:
    """`noise_field` around 128, `NOISE_STEP` levels for each standard deviation: uint8 [512, 512, 3]."""
    return np.clip(noise_field() * NOISE_STEP + 128, 0, 255).astype(np.uint8)


def _tone(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gamma, contrast, brightness and white balance in one table for each channel."""
    levels = np.linspace(0, 1, 256)[:, None] ** np.exp(rng.normal(0, 0.22))
    levels = (levels - 0.5) * rng.uniform(0.7, 1.25) + 0.5 + rng.normal(0.02, 0.05)
    table = np.clip(levels * np.exp(rng.normal(0, 0.06, 3)) * 255, 0, 255).astype(np.uint8)  # [256, 3]
    return cv2.LUT(image, table[:, None])


def _shake(image: np.ndarray, length: float, rng: np.random.Generator) -> np.ndarray:
    reach = int(np.ceil(length / 2))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    angle = rng.uniform(0, np.pi)
    arm = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    _line(kernel, reach - arm, reach + arm, np.ones(1), 1)
    return cv2.filter2D(image, -1, kernel / kernel.sum())
