"""The skin of one synthetic face, painted on a flat chart that `face_drawing` wraps around a head.

The chart's unit is the height of the face, hairline to chin. `s` runs across the face (arc length, 0 at the nose),
`v` down it (0 a little below the eyes). A chart is float32 or uint8 [rows, columns], `detail` pixels for each unit.
"""

import functools
from dataclasses import dataclass, field

import cv2
import numpy as np

Colour = tuple[float, float, float]  # BGR, 0..255

CHART_S = 0.76  # the chart spans -0.76..0.76: twice the quarter circumference of a head, and a little
CHART_TOP, CHART_BOTTOM = -0.72, 0.66
HAIRLINE, CHIN = -0.42, 0.58
EYE, BROW, NOSE, NOSTRIL, MOUTH = -0.05, -0.155, 0.14, 0.178, 0.315  # heights: means over WIDER FACE's landmarks
SMILE_LIFT = 0.03  # how far a full smile raises the corners of the mouth
SUBPIXEL_BITS = 4

SKIN_TONES = np.float32(  # BGR, Fitzpatrick's types I to VI
    [(166, 184, 218), (148, 174, 212), (126, 156, 202), (100, 132, 182), (74, 102, 150), (54, 76, 116), (40, 54, 84)]
)
HAIR_TONES = np.float32(
    [(20, 20, 24), (28, 34, 46), (38, 52, 78), (60, 90, 130), (110, 160, 200), (120, 125, 130), (215, 218, 220)]
)


@dataclass
class Look:
    """How one person looks; lengths in face heights, colours BGR 0..255."""

    skin: Colour
    hair: Colour
    cloth: Colour
    cover: Colour  # of the hat, the head scarf and the mask
    hair_style: str  # bald, short, fringe, long, hat, scarf
    width: float  # half the head's width
    jaw: float  # exponent of the jaw's outline: 2 round, 3 square
    eye_s: float  # half the distance of the eyes
    eye_open: float  # 0 closed .. 1 wide
    gaze: float  # -1 .. 1
    mouth_s: float  # half the mouth's width
    mouth_open: float  # 0 .. 1
    smile: float  # -1 .. 1
    nose_width: float
    nose_depth: float
    brow_weight: float  # 0 .. 1
    brow_lift: float
    lips: float  # 0 pale .. 1 red
    beard: float  # 0 none .. 1 full
    moustache: bool
    wrinkles: float  # 0 .. 1
    glasses: str  # none, clear, dark
    mask: bool
    hairline: np.ndarray = field(repr=False)  # [9] heights of the hair's lower edge from the left ear to the right


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

    def __init__(self, detail: float, s: tuple[float, float] = (-CHART_S, CHART_S), v=(CHART_TOP, CHART_BOTTOM)):
        self.detail = detail
        (self.left, right), (self.top, bottom) = ([round(end * detail) for end in span] for span in (s, v))
        self.shape = (max(bottom - self.top, 1), max(right - self.left, 1))
        self.s = ((np.arange(self.shape[1]) + 0.5 + self.left) / detail).astype(np.float32)
        self.v = ((np.arange(self.shape[0]) + 0.5 + self.top) / detail).astype(np.float32)

    def window(self, image: np.ndarray, s: tuple[float, float], v: tuple[float, float]) -> tuple[np.ndarray, "Chart"]:
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


def _dab(image: np.ndarray, chart: Chart, colour: Colour | np.ndarray, weight: float, bump: tuple) -> None:
    """Mix a colour in where `bump` (s, v, half_s, half_v) is."""
    s, v, half_s, half_v = bump
    region, part = chart.window(image, (s - 3 * half_s, s + 3 * half_s), (v - 3 * half_v, v + 3 * half_v))
    blend(region, colour, weight * part.bump(*bump))


def _stroke(image: np.ndarray, chart: Chart, colour: np.ndarray, weight: float, line: np.ndarray, width: float) -> None:
    """Mix a colour in along a soft line of (s, v) points."""
    line = np.asarray(line, np.float32)
    (low_s, low_v), (high_s, high_v) = line.min(0) - 3 * width, line.max(0) + 3 * width
    region, part = chart.window(image, (low_s, high_s), (low_v, high_v))
    blend(region, colour, weight * part.line_mask(line, width, 0.6 * width))


def _arc(
    centre: tuple[float, float], half: tuple[float, float], start: float, end: float, count: int = 12
) -> np.ndarray:
    angles = np.radians(np.linspace(start, end, count))
    return np.stack([centre[0] + half[0] * np.cos(angles), centre[1] + half[1] * np.sin(angles)], axis=1)


def relief(chart: Chart, look: Look) -> np.ndarray:
    """How far each point of the face stands out of the smooth head, float32 [rows, columns], face heights."""
    bridge = np.interp(chart.v, [-0.14, -0.06, 0.02, NOSE - 0.02, NOSE + 0.02, NOSTRIL + 0.02, NOSTRIL + 0.04],
                       [0.0, 0.03, 0.055, 0.1, 0.1, 0.03, 0.0])  # fmt: skip
    half = np.interp(chart.v, [-0.06, NOSE], [0.026, 0.5 * look.nose_width])
    ridge = bridge[:, None] * np.exp(-0.5 * (chart.s[None] / half[:, None]) ** 2)
    height = (ridge * (look.nose_depth / 0.1)).astype(np.float32)
    height += 0.014 * chart.bump(0, 0.5, 0.09, 0.05) + 0.012 * chart.bump(0, BROW, 0.2, 0.035)
    height += 0.012 * chart.bump(0, MOUTH - 0.03, 0.08, 0.02) + 0.014 * chart.bump(0, MOUTH + 0.04, 0.07, 0.022)
    height -= 0.012 * chart.bump(0, MOUTH, 0.1, 0.009) + 0.012 * chart.bump(0, MOUTH + 0.085, 0.07, 0.02)
    for side in (-1, 1):
        height -= 0.032 * chart.bump(side * look.eye_s, EYE - 0.01, 0.07, 0.045)
        height += 0.02 * chart.bump(side * look.eye_s, EYE, 0.035, 0.024)
        height += (0.018 + 0.008 * look.smile) * chart.bump(side * 0.2, 0.13, 0.08, 0.08)
        height += 0.022 * chart.bump(side * look.nose_width, NOSTRIL - 0.02, 0.025, 0.025)
    if look.mask:
        height += 0.05 * chart.bump(0, 0.25, 0.22, 0.16)
    return height


def albedo(chart: Chart, look: Look, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Paint a face.

    Returns:
        colour: float32 BGR [rows, columns, 3], 0..255, unlit.
        gloss: float32 [rows, columns], 0 dull .. 1 as shiny as skin.
    """
    image = np.empty((*chart.shape, 3), np.float32)
    image[:] = look.skin
    _paint_skin(image, chart, look, rng)
    _paint_beard(image, chart, look, rng)
    _paint_mouth(image, chart, look)
    _paint_nose(image, chart, look)
    for side in (-1, 1):
        _paint_eye(image, chart, look, side)
        _paint_brow(image, chart, look, side)
    if look.mask:
        _paint_mask(image, chart, look)
    gloss = np.ones(chart.shape, np.float32)
    if look.glasses != "none":
        _paint_glasses(image, chart, look)
    _paint_hair(image, gloss, chart, look, rng)
    return image, gloss


def _paint_skin(image: np.ndarray, chart: Chart, look: Look, rng: np.random.Generator) -> None:
    skin = np.float32(look.skin)
    mottling = 0.02 * noise_texture(rng, chart.shape, (chart.detail * 0.1,) * 2)
    image *= 1 + (mottling + 0.012 * noise_texture(rng, chart.shape, (1.5, 1.5)))[..., None]
    ruddy = skin * np.float32((0.82, 0.82, 1.0))
    for s, v, size in ((-0.21, 0.12, 0.07), (0.21, 0.12, 0.07), (0, NOSE, 0.035), (0, 0.5, 0.06)):
        _dab(image, chart, ruddy, 0.6, (s, v, size, size))
    shade = skin * np.float32((0.62, 0.58, 0.62))
    for side in (-1, 1):
        _dab(image, chart, shade, 0.55, (side * look.eye_s, EYE - 0.015, 0.075, 0.042))
        _dab(image, chart, shade, 0.35, (side * 0.07, EYE - 0.01, 0.025, 0.05))
        _dab(image, chart, shade, 0.3 * look.wrinkles, (side * look.eye_s, EYE + 0.055, 0.05, 0.012))
        fold = [(side * 0.075, NOSTRIL - 0.03), (side * 0.115, 0.23), (side * (look.mouth_s + 0.035), MOUTH)]
        _stroke(image, chart, shade, 0.2 + 0.4 * look.wrinkles + 0.25 * max(look.smile, 0), fold, 0.014)
    if look.wrinkles > 0.3:
        for row in (-0.32, -0.27, -0.22):
            _stroke(image, chart, shade, 0.4 * look.wrinkles, _arc((0, row + 0.03), (0.2, 0.03), 200, 340), 0.009)


def _paint_beard(image: np.ndarray, chart: Chart, look: Look, rng: np.random.Generator) -> None:
    if look.beard <= 0:
        return
    image, chart = chart.window(image, (-0.7, 0.7), (-0.1, CHART_BOTTOM))
    grain = 0.85 + 0.2 * noise_texture(rng, chart.shape, (chart.detail * 0.03, 1.2))
    colour = np.float32(look.hair) * grain[..., None]
    cheek = [(-0.62, 0.0), (-0.47, 0.08), (-0.3, 0.27), (-0.13, 0.25), (0, 0.235)]
    outline = np.float32(cheek + [(-s, v) for s, v in cheek[::-1]] + [(0.62, 0.66), (-0.62, 0.66)])
    weight = chart.shape_mask(outline, 0.03) * (1 - 0.9 * chart.bump(0, MOUTH + 0.005, look.mouth_s * 0.8, 0.028))
    if look.moustache:
        hair = [(0, 0.225), (-0.1, 0.245), (-look.mouth_s - 0.03, MOUTH + 0.01), (0, MOUTH - 0.03)]
        outline = np.float32(hair + [(-s, v) for s, v in hair[2:0:-1]])
        weight = np.maximum(weight, chart.shape_mask(outline, 0.008))
    blend(image, colour, look.beard * weight)


def _paint_mouth(image: np.ndarray, chart: Chart, look: Look) -> None:
    wide, open_ = look.mouth_s, 0.075 * look.mouth_open
    corner = MOUTH - SMILE_LIFT * look.smile
    image, chart = chart.window(image, (-wide - 0.06, wide + 0.06), (MOUTH - 0.12, MOUTH + 0.2))
    skin = np.float32(look.skin)
    lip = skin * (0.78, 0.7, 0.86) * (1 - look.lips) + np.float32((70, 55, 165)) * look.lips
    across = np.linspace(-1, 1, 13)
    swell = 1 - across**2
    droop = corner + (MOUTH - corner) * swell
    bow = 0.034 * swell**0.8 - 0.008 * np.exp(-((across / 0.16) ** 2))
    upper = np.stack([across * wide, droop - open_ * 0.4 * swell - bow], axis=1)
    inner_upper = np.stack([across * wide * 0.96, droop - open_ * 0.4 * swell], axis=1)
    inner_lower = np.stack([across * wide * 0.96, droop + open_ * swell], axis=1)
    lower = np.stack([across * wide, droop + (open_ + 0.042) * swell**0.7], axis=1)
    blend(image, lip, 0.85 * chart.shape_mask(np.concatenate([upper, lower[::-1]]), 0.004))
    blend(image, lip * 0.72, 0.6 * chart.shape_mask(np.concatenate([upper, inner_upper[::-1]]), 0.004))
    if look.mouth_open > 0:
        inside = chart.shape_mask(np.concatenate([inner_upper, inner_lower[::-1]]), 0.003)
        blend(image, (28, 22, 48), inside)
        teeth = np.concatenate([inner_upper, (inner_upper * 0.35 + inner_lower * 0.65)[::-1]]) * (0.86, 1)
        blend(image, (200, 212, 220), 0.9 * inside * chart.shape_mask(teeth, 0.003))
    else:
        blend(image, lip * 0.35, 0.85 * chart.line_mask(inner_upper, 0.011, 0.003))
    blend(image, skin * 0.5, 0.35 * chart.bump(0, MOUTH + 0.075 + open_, 0.06, 0.014))
    for side in (-1, 1):
        blend(image, lip * 0.4, 0.55 * chart.bump(side * wide, corner, 0.014, 0.01))


def _paint_nose(image: np.ndarray, chart: Chart, look: Look) -> None:
    skin = np.float32(look.skin)
    image, chart = chart.window(image, (-0.2, 0.2), (-0.12, 0.28))
    blend(image, skin * (0.5, 0.5, 0.58), 0.55 * chart.bump(0, NOSTRIL + 0.012, look.nose_width * 0.9, 0.016))
    for side in (-1, 1):
        hole = _arc((side * 0.5 * look.nose_width, NOSTRIL), (0.024, 0.013), 0, 360)
        blend(image, skin * 0.22, 0.9 * chart.shape_mask(hole, 0.004))
        wing = _arc((side * look.nose_width, NOSTRIL - 0.02), (side * 0.03, 0.034), -70, 80)
        blend(image, skin * 0.5, 0.5 * chart.line_mask(wing, 0.009, 0.006))
        flank = [(side * 0.03, -0.08), (side * 0.035, 0.02), (side * look.nose_width * 0.9, 0.12)]
        blend(image, skin * 0.7, 0.25 * chart.line_mask(np.float32(flank), 0.03, 0.015))


def _paint_eye(image: np.ndarray, chart: Chart, look: Look, side: int) -> None:
    skin, s, v = np.float32(look.skin), side * look.eye_s, EYE
    image, chart = chart.window(image, (s - 0.1, s + 0.1), (v - 0.08, v + 0.06))
    half, lid, low = 0.066, 0.006 + 0.03 * look.eye_open, 0.004 + 0.017 * look.eye_open
    upper, lower = _arc((s, v), (half, lid), 180, 360), _arc((s, v), (half, low), 0, 180)
    ball = np.empty(image.shape, np.float32)
    ball[:] = (205, 212, 218)
    gaze = s + 0.022 * look.gaze
    iris = np.float32(look.hair) * 0.5 + (30, 34, 38)
    blend(ball, iris, chart.shape_mask(_arc((gaze, v - 0.004), (0.03, 0.03), 0, 360), 0.002))
    blend(ball, (12, 12, 14), chart.shape_mask(_arc((gaze, v - 0.004), (0.014, 0.014), 0, 360), 0.002))
    blend(ball, (250, 250, 250), 0.9 * chart.shape_mask(_arc((gaze - 0.008, v - 0.014), (0.006, 0.006), 0, 360)))
    ball *= (0.55 + 0.45 * np.clip((chart.v - v + lid) / 0.03, 0, 1))[:, None, None]  # the lid's shadow
    blend(image, ball, chart.shape_mask(np.concatenate([upper, lower]), 0.002))
    blend(image, skin * 0.16, 0.9 * chart.line_mask(upper, 0.012, 0.003))
    blend(image, skin * 0.45, 0.5 * chart.line_mask(lower, 0.007, 0.003))
    crease = _arc((s, v - 0.008), (half * 1.02, lid + 0.012), 195, 345)
    blend(image, skin * 0.45, 0.55 * chart.line_mask(crease, 0.008, 0.004))


def _paint_brow(image: np.ndarray, chart: Chart, look: Look, side: int) -> None:
    centre = side * (look.eye_s + 0.01)
    image, chart = chart.window(image, (centre - 0.15, centre + 0.15), (BROW - 0.08, BROW + 0.08))
    lift = look.brow_lift
    top = np.float32([(0.055, 0.012), (0.1, -0.012), (0.19, -0.03 - lift), (0.275, 0.02)])
    bottom = np.float32([(0.275, 0.026), (0.19, 0.0 - lift), (0.1, 0.016 + 0.012 * look.brow_weight), (0.055, 0.035)])
    outline = np.concatenate([top, bottom]) + np.float32([look.eye_s - 0.165, BROW])
    weight = chart.shape_mask(outline * np.float32([side, 1]), 0.007)
    colour = 0.75 * np.float32(look.hair) + 0.08 * np.float32(look.skin)
    blend(image, colour, np.clip(0.4 + 0.5 * look.brow_weight, 0, 0.95) * weight)


def _paint_mask(image: np.ndarray, chart: Chart, look: Look) -> None:
    image, chart = chart.window(image, (-0.7, 0.7), (0, CHART_BOTTOM))
    edge = [(-0.7, 0.02), (-0.42, 0.08), (-0.2, 0.06), (0, 0.035)]
    hem = [(0.5, 0.4), (0.25, 0.66), (-0.25, 0.66), (-0.5, 0.4)]
    outline = np.float32(edge + [(-s, v) for s, v in edge[2::-1]] + hem)
    folds = 0.96 + 0.04 * np.tanh(3 * np.sin(chart.v * 55))
    blend(image, np.float32(look.cover) * folds[:, None, None], chart.shape_mask(outline, 0.003))


def _paint_glasses(image: np.ndarray, chart: Chart, look: Look) -> None:
    frame, dark = np.float32((24, 24, 28)), look.glasses == "dark"
    image, chart = chart.window(image, (-0.72, 0.72), (EYE - 0.1, EYE + 0.13))
    for side in (-1, 1):
        rim = _arc((side * (look.eye_s + 0.005), EYE + 0.015), (0.125, 0.085), 0, 360, 24)
        lens = chart.shape_mask(rim, 0.003)
        blend(image, frame if dark else (215, 215, 215), (0.93 if dark else 0.08) * lens)
        glint = chart.bump(side * look.eye_s - 0.05, EYE - 0.02, 0.03, 0.015)
        blend(image, (235, 235, 235), (0.2 if dark else 0.3) * glint * lens)
        _stroke(image, chart, frame, 0.9, rim, 0.013)
        _stroke(image, chart, frame, 0.9, [(side * (look.eye_s + 0.13), EYE - 0.01), (side * 0.7, EYE - 0.03)], 0.013)
    _stroke(image, chart, frame, 0.9, _arc((0, EYE + 0.01), (0.05, 0.03), 200, 340), 0.013)


def _paint_hair(image: np.ndarray, gloss: np.ndarray, chart: Chart, look: Look, rng: np.random.Generator) -> None:
    if look.hair_style == "bald":
        return
    edge = np.interp(chart.s, np.linspace(-0.62, 0.62, len(look.hairline)), look.hairline).astype(np.float32)
    cloth = look.hair_style in ("hat", "scarf")
    jitter = 0.0 if cloth else 0.02 * noise_texture(rng, (1, chart.shape[1]), (1, 1.5))[0]
    over = (edge + jitter)[None] - chart.v[:, None]  # above zero inside the hair
    weight = np.clip(over / (0.012 if cloth else 0.03) + 0.5, 0, 1)
    blend(image, np.float32(look.skin) * 0.45, 0.6 * np.clip(over / 0.07 + 1, 0, 1))  # the shadow that hair casts
    if cloth:
        shade = 1 - 0.35 * np.clip(1 - over / 0.05, 0, 1)
        blend(image, np.float32(look.cover) * shade[..., None], weight)
    else:
        strands = 1 + 0.22 * noise_texture(rng, chart.shape, (chart.detail * 0.25, 1.3))
        blend(image, np.float32(look.hair) * strands[..., None], weight)
    gloss *= 1 - (0.8 if cloth else 0.5) * weight
