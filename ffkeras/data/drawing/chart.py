"""The flat chart on which a face is painted before it is wrapped around a head, and the means to paint.

The chart's unit is the height of the face, hairline to chin. `s` runs across the face (arc length, 0 at the nose),
`v` down it (0 a little below the eyes). A painting is float32 [rows, columns, 3], `detail` pixels for each unit.
"""

import functools

import cv2
import numpy as np

Colour = tuple[float, float, float]  # BGR, 0..255
Span = tuple[float, float]

CHART_S = 0.76  # the chart spans -0.76..0.76: twice the quarter circumference of a head, and a little
CHART_TOP, CHART_BOTTOM = -0.72, 0.66
HAIRLINE, CHIN = -0.42, 0.58
EYE, BROW, NOSE, NOSTRIL, MOUTH = -0.05, -0.155, 0.14, 0.178, 0.315  # heights: means over WIDER FACE's landmarks
SMILE_LIFT = 0.03  # how far a full smile raises the corners of the mouth
SUBPIXEL_BITS = 4


@functools.cache
def noise_field() -> np.ndarray:
    """One fixed field of white noise, float32 [512, 512, 3], unit variance: the grain that all drawings cut from."""
    return np.random.default_rng(20240229).standard_normal((512, 512, 3), np.float32)


def noise_texture(rng: np.random.Generator, shape: tuple[int, int], grain: tuple[float, float]) -> np.ndarray:
    """Cut smooth noise, float32 [rows, columns]; `grain` is the size (down, across) of its blobs in pixels."""
    rows = int(np.clip(shape[0] / grain[0], 2, 400))
    columns = int(np.clip(shape[1] / grain[1], 2, 400))
    top, left, channel = rng.integers(0, 512 - rows), rng.integers(0, 512 - columns), rng.integers(0, 3)
    cut = noise_field()[top : top + rows, left : left + columns, channel]
    return cv2.resize(cut, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)


def blend(image: np.ndarray, colour: Colour | np.ndarray, weight: np.ndarray) -> None:
    """Mix a colour (or an image) into float32 [rows, columns, 3], in place; `weight` is [rows, columns], 0..1."""
    image += weight[..., None] * (np.asarray(colour, np.float32) - image)


class Chart:
    """A place to paint on: coordinates of the chart, or of a window of it, and soft shapes over it."""

    def __init__(self, detail: float, s: Span = (-CHART_S, CHART_S), v: Span = (CHART_TOP, CHART_BOTTOM)):
        self.detail = detail
        (self.left, right), (self.top, bottom) = ([round(end * detail) for end in span] for span in (s, v))
        self.shape = (max(bottom - self.top, 1), max(right - self.left, 1))
        self.s = ((np.arange(self.shape[1]) + 0.5 + self.left) / detail).astype(np.float32)
        self.v = ((np.arange(self.shape[0]) + 0.5 + self.top) / detail).astype(np.float32)

    def window(self, image: np.ndarray, s: Span, v: Span) -> tuple[np.ndarray, "Chart"]:
        """The part of the chart within these spans: a view of `image` and its own coordinates."""
        span_s = (max(s[0], self.left / self.detail), min(s[1], (self.left + self.shape[1]) / self.detail))
        span_v = (max(v[0], self.top / self.detail), min(v[1], (self.top + self.shape[0]) / self.detail))
        part = Chart(self.detail, span_s, span_v)
        top, left = part.top - self.top, part.left - self.left
        return image[top : top + part.shape[0], left : left + part.shape[1]], part

    def to_pixels(self, points: np.ndarray) -> np.ndarray:
        """Turn (s, v) [..., 2] into pixels, float32; the centres of pixels are whole numbers."""
        origin = np.float32([self.left + 0.5, self.top + 0.5])
        return np.asarray(points, np.float32) * np.float32(self.detail) - origin

    def bump(self, s: float, v: float, half_s: float, half_v: float) -> np.ndarray:
        """A Gaussian of height 1 with these standard deviations, float32 [rows, columns]."""
        down, across = np.exp(-0.5 * ((self.v - v) / half_v) ** 2), np.exp(-0.5 * ((self.s - s) / half_s) ** 2)
        return down[:, None] * across

    def shape_mask(self, points: np.ndarray, soft: float = 0.0) -> np.ndarray:
        """The inside of a polygon of (s, v) points, blurred by `soft`: float32 [rows, columns], 0..1."""
        mask = np.zeros(self.shape, np.uint8)
        fixed = np.round(self.to_pixels(points) * 2**SUBPIXEL_BITS).astype(np.int32)
        cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, SUBPIXEL_BITS)
        return self._soften(mask, soft)

    def line_mask(self, points: np.ndarray, width: float, soft: float = 0.0) -> np.ndarray:
        """A line of this width through (s, v) points, float32 [rows, columns], 0..1; fainter where under a pixel."""
        mask = np.zeros(self.shape, np.uint8)
        fixed = np.round(self.to_pixels(points) * 2**SUBPIXEL_BITS).astype(np.int32)
        pixels = width * self.detail
        cv2.polylines(
            mask, [fixed], False, int(255 * min(pixels, 1)), max(1, round(pixels)), cv2.LINE_AA, SUBPIXEL_BITS
        )
        return self._soften(mask, soft)

    def _soften(self, mask: np.ndarray, soft: float) -> np.ndarray:
        if soft * self.detail > 0.3:
            mask = cv2.GaussianBlur(mask, (0, 0), soft * self.detail)
        return mask.astype(np.float32) / 255


def dab(image: np.ndarray, chart: Chart, colour: Colour | np.ndarray, weight: float, bump: tuple) -> None:
    """Mix a colour in where `bump` (s, v, half_s, half_v) is."""
    s, v, half_s, half_v = bump
    region, part = chart.window(image, (s - 3 * half_s, s + 3 * half_s), (v - 3 * half_v, v + 3 * half_v))
    blend(region, colour, weight * part.bump(*bump))


def stroke(image: np.ndarray, chart: Chart, colour: np.ndarray, weight: float, line: np.ndarray, width: float) -> None:
    """Mix a colour in along a soft line of (s, v) points."""
    line = np.asarray(line, np.float32)
    (low_s, low_v), (high_s, high_v) = line.min(0) - 3 * width, line.max(0) + 3 * width
    region, part = chart.window(image, (low_s, high_s), (low_v, high_v))
    blend(region, colour, weight * part.line_mask(line, width, 0.6 * width))


def ellipse_arc(centre: tuple[float, float], half: tuple[float, float], start: float, end: float) -> np.ndarray:
    """Points of an ellipse's arc from `start` to `end` degrees, clockwise from the right: [17, 2]."""
    angles = np.radians(np.linspace(start, end, 17))
    return np.stack([centre[0] + half[0] * np.cos(angles), centre[1] + half[1] * np.sin(angles)], axis=1)
