"""The skin of one face on its chart: relief, colours and gloss."""

import numpy as np

from ffkeras.data.drawing.chart import (
    BROW,
    CHART_BOTTOM,
    EYE,
    MOUTH,
    NOSE,
    NOSTRIL,
    SMILE_LIFT,
    Chart,
    blend,
    dab,
    ellipse_arc,
    noise_texture,
    stroke,
)
from ffkeras.data.drawing.look import Look


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
        dab(image, chart, ruddy, 0.6, (s, v, size, size))
    shade = skin * np.float32((0.62, 0.58, 0.62))
    for side in (-1, 1):
        dab(image, chart, shade, 0.55, (side * look.eye_s, EYE - 0.015, 0.075, 0.042))
        dab(image, chart, shade, 0.35, (side * 0.07, EYE - 0.01, 0.025, 0.05))
        dab(image, chart, shade, 0.3 * look.wrinkles, (side * look.eye_s, EYE + 0.055, 0.05, 0.012))
        fold = [(side * 0.075, NOSTRIL - 0.03), (side * 0.115, 0.23), (side * (look.mouth_s + 0.035), MOUTH)]
        stroke(image, chart, shade, 0.2 + 0.4 * look.wrinkles + 0.25 * max(look.smile, 0), fold, 0.014)
    if look.wrinkles > 0.3:
        for row in (-0.32, -0.27, -0.22):
            furrow = ellipse_arc((0, row + 0.03), (0.2, 0.03), 200, 340)
            stroke(image, chart, shade, 0.4 * look.wrinkles, furrow, 0.009)


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
        hole = ellipse_arc((side * 0.5 * look.nose_width, NOSTRIL), (0.024, 0.013), 0, 360)
        blend(image, skin * 0.22, 0.9 * chart.shape_mask(hole, 0.004))
        wing = ellipse_arc((side * look.nose_width, NOSTRIL - 0.02), (side * 0.03, 0.034), -70, 80)
        blend(image, skin * 0.5, 0.5 * chart.line_mask(wing, 0.009, 0.006))
        flank = [(side * 0.03, -0.08), (side * 0.035, 0.02), (side * look.nose_width * 0.9, 0.12)]
        blend(image, skin * 0.7, 0.25 * chart.line_mask(np.float32(flank), 0.03, 0.015))


def _paint_eye(image: np.ndarray, chart: Chart, look: Look, side: int) -> None:
    skin, s, v = np.float32(look.skin), side * look.eye_s, EYE
    image, chart = chart.window(image, (s - 0.1, s + 0.1), (v - 0.08, v + 0.06))
    half, lid, low = 0.066, 0.006 + 0.03 * look.eye_open, 0.004 + 0.017 * look.eye_open
    upper, lower = ellipse_arc((s, v), (half, lid), 180, 360), ellipse_arc((s, v), (half, low), 0, 180)
    ball = np.empty(image.shape, np.float32)
    ball[:] = (205, 212, 218)
    gaze = s + 0.022 * look.gaze
    iris = np.float32(look.hair) * 0.5 + (30, 34, 38)
    blend(ball, iris, chart.shape_mask(ellipse_arc((gaze, v - 0.004), (0.03, 0.03), 0, 360), 0.002))
    blend(ball, (12, 12, 14), chart.shape_mask(ellipse_arc((gaze, v - 0.004), (0.014, 0.014), 0, 360), 0.002))
    blend(ball, (250, 250, 250), 0.9 * chart.shape_mask(ellipse_arc((gaze - 0.008, v - 0.014), (0.006, 0.006), 0, 360)))
    ball *= (0.55 + 0.45 * np.clip((chart.v - v + lid) / 0.03, 0, 1))[:, None, None]  # the lid's shadow
    blend(image, ball, chart.shape_mask(np.concatenate([upper, lower]), 0.002))
    blend(image, skin * 0.16, 0.9 * chart.line_mask(upper, 0.012, 0.003))
    blend(image, skin * 0.45, 0.5 * chart.line_mask(lower, 0.007, 0.003))
    crease = ellipse_arc((s, v - 0.008), (half * 1.02, lid + 0.012), 195, 345)
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
        rim = ellipse_arc((side * (look.eye_s + 0.005), EYE + 0.015), (0.125, 0.085), 0, 360)
        lens = chart.shape_mask(rim, 0.003)
        blend(image, frame if dark else (215, 215, 215), (0.93 if dark else 0.08) * lens)
        glint = chart.bump(side * look.eye_s - 0.05, EYE - 0.02, 0.03, 0.015)
        blend(image, (235, 235, 235), (0.2 if dark else 0.3) * glint * lens)
        stroke(image, chart, frame, 0.9, rim, 0.013)
        stroke(image, chart, frame, 0.9, [(side * (look.eye_s + 0.13), EYE - 0.01), (side * 0.7, EYE - 0.03)], 0.013)
    stroke(image, chart, frame, 0.9, ellipse_arc((0, EYE + 0.01), (0.05, 0.03), 200, 340), 0.013)


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
