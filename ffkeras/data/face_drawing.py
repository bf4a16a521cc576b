"""One synthetic person, head to shoulders: a solid head turned, lit and seen through a transparent patch."""

import functools
from dataclasses import dataclass

import cv2
import numpy as np

from ffkeras.data.face_texture import (
    BROW,
    CHIN,
    EYE,
    HAIR_TONES,
    HAIRLINE,
    MOUTH,
    NOSE,
    NOSTRIL,
    SKIN_TONES,
    SMILE_LIFT,
    SUBPIXEL_BITS,
    Chart,
    Colour,
    Look,
    albedo,
    blend,
    noise_texture,
    relief,
)

PATCH_HALF_WIDTH, PATCH_TOP, PATCH_BOTTOM = 1.15, -0.95, 1.35  # what a patch shows, face heights from the head's centre
HEAD_HALF_WIDTH, HEAD_TOP, HEAD_BOTTOM = 0.62, -0.85, 0.85  # the part of it that is lit point by point
CROWN, DEPTH = -0.66, 0.42
ARC = 0.37  # chart units for each radian round the head
RINGS = 1024  # entries of the table of the head's ellipses
SOLID_DETAIL = 64  # the solid and all that is behind it are smooth: finer detail would not show
SEEN_ARC = 1.3  # radians from the nose to where a face ends and the ear begins


@dataclass
class Pose:
    """Where a head looks and how it is lit; angles in radians, positive yaw turns the nose to the image's right."""

    yaw: float
    pitch: float  # positive looks down
    light: np.ndarray  # [3] unit vector to the light: x right, y down, z to the viewer
    ambient: float  # 0..1: how much light comes from everywhere
    back_turned: bool = False


@dataclass
class Person:
    """A drawn person. `image` is uint8 BGRA [P, P, 4], colour multiplied by alpha; points are in its pixels."""

    image: np.ndarray
    outline: np.ndarray  # float32 [K, 2]: points of the visible face from hairline to chin
    landmarks: np.ndarray  # float32 [5, 2]


def random_look(rng: np.random.Generator) -> Look:
    """Choose a person: tone, hair, build, expression and what is worn."""
    tone = rng.uniform(0, len(SKIN_TONES) - 1)
    skin = _between(SKIN_TONES, tone) * rng.uniform(0.9, 1.1) * rng.uniform(0.95, 1.05, 3)
    hair = _between(HAIR_TONES, rng.uniform(0, 1.5) if tone > 3 else rng.choice([rng.uniform(0, 3), rng.uniform(2, 6)]))
    cover = rng.uniform(20, 240) * rng.uniform(0.6, 1.2, 3) if rng.random() < 0.5 else rng.uniform(10, 245, 3)
    masked = bool(rng.random() < 0.07)
    if masked and rng.random() < 0.7:
        cover = np.float32([(225, 228, 228), (205, 190, 140), (40, 40, 42)])[rng.integers(3)]
    style = str(rng.choice(["bald", "short", "fringe", "long", "hat", "scarf"], p=[0.08, 0.36, 0.14, 0.24, 0.11, 0.07]))
    bearded = style != "long" and rng.random() < 0.35
    return Look(
        skin=_colour(skin),
        hair=_colour(hair),
        cloth=_colour(rng.uniform(10, 235) * rng.uniform(0.5, 1.3, 3)),
        cover=_colour(cover),
        hair_style=style,
        width=rng.uniform(0.34, 0.4),
        jaw=rng.uniform(1.9, 2.7),
        eye_s=rng.uniform(0.158, 0.182),
        eye_open=rng.choice([rng.uniform(0.5, 1.0), rng.uniform(0.0, 0.5)], p=[0.85, 0.15]),
        gaze=rng.uniform(-1, 1),
        mouth_s=rng.uniform(0.115, 0.155),
        mouth_open=rng.choice([0.0, rng.uniform(0.2, 1.0)], p=[0.55, 0.45]),
        smile=rng.uniform(-0.4, 1.0),
        nose_width=rng.uniform(0.055, 0.08),
        nose_depth=rng.uniform(0.08, 0.12),
        brow_weight=rng.uniform(0.1, 1.0),
        brow_lift=rng.uniform(-0.015, 0.015),
        lips=rng.choice([rng.uniform(0, 0.3), rng.uniform(0.3, 0.9)], p=[0.75, 0.25]),
        beard=rng.uniform(0.25, 0.95) if bearded else 0.0,
        moustache=bool(bearded and rng.random() < 0.6),
        wrinkles=rng.uniform(0, 1) ** 2,
        glasses=str(rng.choice(["none", "clear", "dark"], p=[0.77, 0.16, 0.07])),
        mask=masked,
        hairline=_random_hairline(rng, style),
    )


def random_pose(rng: np.random.Generator) -> Pose:
    """Choose a pose: mostly near the front, up to 65 degrees of yaw and 25 of pitch, lit from above and a side."""
    yaw = float(np.clip(rng.normal(0, 0.42), -1.13, 1.13))
    light = np.array([rng.normal(0, 0.6), -abs(rng.normal(0.4, 0.3)), rng.uniform(0.35, 1.0)])
    pitch = float(np.clip(rng.normal(0.02, 0.16), -0.42, 0.42))
    return Pose(yaw, pitch, (light / np.linalg.norm(light)).astype(np.float32), rng.uniform(0.45, 0.85))


@functools.lru_cache(maxsize=1024)
def stock_person(seed: int, back_turned: bool, detail: float) -> Person:
    """A person of random look and pose that depends on the arguments alone, kept once drawn."""
    rng = np.random.default_rng((seed, int(back_turned)))
    look, pose = random_look(rng), random_pose(rng)
    pose.back_turned = back_turned
    return draw_person(look, pose, detail, rng)


def draw_person(look: Look, pose: Pose, detail: float, rng: np.random.Generator) -> Person:
    """Draw a person with `detail` pixels for each face height (hairline to chin)."""
    head = _Head(look, pose, min(detail, SOLID_DETAIL))
    shape = (round((PATCH_BOTTOM - PATCH_TOP) * detail), round(2 * PATCH_HALF_WIDTH * detail))
    image = _draw_body(head, rng)
    if image.shape[:2] != shape:
        image = cv2.resize(image, shape[::-1], interpolation=cv2.INTER_LINEAR)
    _draw_head(image, head, detail, rng)
    arcs, heights = np.meshgrid(np.linspace(-SEEN_ARC, SEEN_ARC, 15) * ARC, np.linspace(HAIRLINE, CHIN, 13))
    corner = MOUTH - SMILE_LIFT * look.smile
    across = np.float32([-look.eye_s, look.eye_s, 0, -look.mouth_s, look.mouth_s])
    landmarks = head.project(across, np.float32([EYE, EYE, NOSE, corner, corner]))
    outline = np.concatenate([head.project(arcs.ravel(), heights.ravel()), landmarks])
    pixels = np.clip(image, 0, 255, out=image).astype(np.uint8)
    return Person(pixels, _to_patch(outline, detail), _to_patch(landmarks, detail))


def _between(tones: np.ndarray, position: float) -> np.ndarray:
    low = min(int(position), len(tones) - 2)
    return tones[low] + (position - low) * (tones[low + 1] - tones[low])


def _colour(values: np.ndarray) -> Colour:
    return tuple(float(value) for value in np.clip(values, 8, 250))


def _random_hairline(rng: np.random.Generator, style: str) -> np.ndarray:
    side = {"long": 0.9, "fringe": 0.12, "scarf": 0.9}.get(style, rng.uniform(-0.05, 0.1))
    top = {"fringe": rng.uniform(-0.28, -0.17), "hat": rng.uniform(-0.3, -0.2), "scarf": -0.34}.get(style, -0.42)
    temple = {"long": -0.1, "scarf": 0.0, "fringe": -0.14, "hat": top + 0.02}.get(style, top + 0.03)
    edge = np.float32([side, side, temple - 0.04, top, top, top, temple - 0.04, side, side])
    if style not in ("hat", "scarf"):
        edge[2:7] += rng.normal(0, 0.025, 5) + np.linspace(-1, 1, 5) * rng.normal(0, 0.04)
    if style == "hat":
        edge[[0, 1, 7, 8]] = top + 0.03
    return edge


def _to_patch(points: np.ndarray, detail: float) -> np.ndarray:
    return ((points - (-PATCH_HALF_WIDTH, PATCH_TOP)) * detail - 0.5).astype(np.float32)


class _Head:
    """The solid: a stack of ellipses, one for each height v, with the chart's relief standing out of it."""

    def __init__(self, look: Look, pose: Pose, detail: float):
        self.look, self.pose, self.detail = look, pose, detail
        self.chart = Chart(detail)
        self.relief = relief(self.chart, look)
        self.sin_yaw, self.cos_yaw = np.sin(pose.yaw), np.cos(pose.yaw)
        self.sin_pitch, self.cos_pitch = np.sin(pose.pitch), np.cos(pose.pitch)

    def rings(self, v: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Half width, half depth and the forward shift of the centre at heights v."""
        up = np.clip(1 - np.clip(v / CROWN, 0, 1) ** 2.4, 0, 1) ** 0.45
        down = np.clip(1 - np.clip(v / (CHIN + 0.02), 0, 1) ** self.look.jaw, 0, 1) ** 0.5
        size = np.maximum(np.where(v < 0, up, down), 1e-3)
        front = DEPTH * np.clip(1 - np.abs(v / 0.72) ** 3, 0, 1) ** 0.34
        depth = DEPTH * size
        return self.look.width * size, depth, np.where(v < 0, 0.0, front - depth)

    def lift(self, s: np.ndarray, v: np.ndarray) -> np.ndarray:
        """The relief at (s, v), bilinear: float32 of their shape."""
        pixels = self.chart.to_pixels(np.dstack([np.atleast_2d(s), np.atleast_2d(v)]))
        lifted = cv2.remap(self.relief, pixels, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return lifted.reshape(np.shape(s))

    def project(self, s: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Where points of the chart appear, [N] and [N] -> [N, 2] in face heights from the head's centre."""
        half, depth, shift = self.rings(v)
        return self.turn(half * np.sin(s / ARC), v, depth * np.cos(s / ARC) + shift + self.lift(s, v))

    def turn(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Where points of the head's own frame appear, [N] each -> [N, 2]."""
        across, towards = x * self.cos_yaw + z * self.sin_yaw, z * self.cos_yaw - x * self.sin_yaw
        return np.stack([across, y * self.cos_pitch + towards * self.sin_pitch], axis=-1)

    def trace(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Find what is seen at (x [1, C], y [R, 1]), by fixed-point iteration over relief and pitch.

        Returns:
            s, v (chart), z (towards the viewer) and how far inside the outline the ray passes: float32 [R, C] each.
        """
        heights = np.linspace(-1.2, 1.2, RINGS).astype(np.float32)
        half, depth, shift = self.rings(heights)
        radius = np.hypot(half * self.cos_yaw, depth * self.sin_yaw)
        skew = (depth**2 - half**2) * self.sin_yaw * self.cos_yaw / radius
        lag = np.arctan2(depth * self.sin_yaw, half * self.cos_yaw)
        table = np.stack([radius, shift, skew, half * depth / radius], axis=-1).astype(np.float32)[None]
        table_lag = lag.astype(np.float32)[None]
        v = np.repeat(y / np.float32(self.cos_pitch), x.shape[1], axis=1)
        lift = np.float32(0)
        for _ in range(4):
            place, row = (v + 1.2) * ((RINGS - 1) / 2.4), np.zeros_like(v)
            radius, shift, skew, bulge = cv2.split(cv2.remap(table, place, row, cv2.INTER_LINEAR))
            offset = shift + lift
            across = x - offset * np.float32(self.sin_yaw)
            ratio = np.clip(across / np.maximum(radius, 1e-3), -1, 1)
            s = (np.arcsin(ratio) - cv2.remap(table_lag, place, row, cv2.INTER_LINEAR)) * np.float32(ARC)
            towards = skew * ratio + bulge * np.sqrt(1 - ratio**2) + offset * np.float32(self.cos_yaw)
            lift = np.float32(0.5) * (lift + self.lift(s, v))
            v = (y - towards * np.float32(self.sin_pitch)) / np.float32(self.cos_pitch)
        z = towards * np.float32(self.cos_pitch) - v * np.float32(self.sin_pitch)
        inside = np.minimum(radius - np.abs(across), np.minimum(v - CROWN, CHIN + 0.015 - v))
        return s, v, z, inside


def _draw_head(image: np.ndarray, head: _Head, detail: float, rng: np.random.Generator) -> None:
    solid = head.detail
    columns = np.arange(-HEAD_HALF_WIDTH, HEAD_HALF_WIDTH, 1 / solid, dtype=np.float32)[None] + np.float32(0.5 / solid)
    rows = np.arange(HEAD_TOP, HEAD_BOTTOM, 1 / solid, dtype=np.float32)[:, None] + np.float32(0.5 / solid)
    s, v, z, inside = head.trace(columns, rows)
    light, highlight = _lighting(z, head.pose, solid)
    left, top = round((PATCH_HALF_WIDTH - HEAD_HALF_WIDTH) * detail), round((HEAD_TOP - PATCH_TOP) * detail)
    width, height = round(s.shape[1] * detail / solid), round(s.shape[0] * detail / solid)
    maps = np.dstack([s, v, light, highlight])
    s, v, light, highlight = cv2.split(cv2.resize(maps, (width, height), interpolation=cv2.INTER_LINEAR))
    weight = np.clip(cv2.resize(inside, (width, height), interpolation=cv2.INTER_LINEAR) * detail + 0.5, 0, 1)
    weight = cv2.GaussianBlur(weight, (3, 3), 0)
    chart = Chart(detail)
    if head.pose.back_turned:
        texture, gloss = np.full((*chart.shape, 3), head.look.hair, np.float32), np.zeros(chart.shape, np.float32)
        texture *= 1 + 0.25 * noise_texture(rng, chart.shape, (detail * 0.25, 1.3))[..., None]
    else:
        texture, gloss = albedo(chart, head.look, rng)
    pixels = chart.to_pixels(np.dstack([s, v]))
    seen = cv2.remap(np.dstack([texture, gloss]), pixels, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    highlight *= seen[..., 3]
    seen[..., :3] = seen[..., :3] * light[..., None] + highlight[..., None]
    seen[..., 3] = 255
    region = image[top : top + height, left : left + width]
    blend(region, seen, weight)


def _lighting(z: np.ndarray, pose: Pose, detail: float) -> tuple[np.ndarray, np.ndarray]:
    """Light a surface z [R, C].

    Lambert's law with a soft terminator, light of the sky from above, hollows that see less of it, Blinn's highlight.

    Returns:
        a factor on the colour, and what a gloss of 1 adds to it (0..255): float32 [R, C] each.
    """
    smooth = cv2.GaussianBlur(z, (0, 0), max(0.6, 0.01 * detail))
    slope_x = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=detail / 8)
    slope_y = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=detail / 8)
    normal_z = 1 / np.sqrt(slope_x**2 + slope_y**2 + 1)

    def facing(direction: np.ndarray) -> np.ndarray:
        x, y, z = direction.astype(np.float32)
        return (z - slope_x * x - slope_y * y) * normal_z

    lit = np.clip((facing(pose.light) + 0.25) / 1.25, 0, 1)
    hollow = smooth - cv2.GaussianBlur(z, (0, 0), max(1.0, 0.06 * detail))
    light = pose.ambient * (0.85 + 0.15 * slope_y * normal_z) + (1.15 - pose.ambient) * lit
    half = pose.light + np.float32([0, 0, 1])
    shine = np.clip(facing(half / np.linalg.norm(half)), 0, 1) ** 16
    return (light * np.clip(1 + 6 * hollow, 0.6, 1.1)).astype(np.float32), (32 * shine).astype(np.float32)


def _draw_body(head: _Head, rng: np.random.Generator) -> np.ndarray:
    """Draw what is behind the face: hair, neck, shoulders, ears and the tip of a nose in profile; float32 BGRA."""
    look, pose, detail = head.look, head.pose, head.detail
    shape = (round((PATCH_BOTTOM - PATCH_TOP) * detail), round(2 * PATCH_HALF_WIDTH * detail))
    image = np.zeros((*shape, 4), np.float32)
    if look.hair_style != "bald" or pose.back_turned:
        _draw_back_hair(image, head, rng)
    neck, shift = rng.uniform(0.2, 0.27), -0.1 * head.sin_yaw
    throat = [(shift - neck, 0.25), (shift + neck, 0.25), (neck + 0.06, 1.0), (-neck - 0.06, 1.0)]
    _fill(image, throat, np.float32(look.skin) * 0.8, detail)
    _draw_clothes(image, head, neck, rng)
    _shade_body(image, pose, detail, rng)
    if look.hair_style not in ("long", "scarf") and not pose.back_turned:
        for side in (-1, 1):
            ear = head.turn(side * look.width * 0.99, 0.02, -0.03) + _ellipse(0.04 + 0.035 * abs(head.sin_yaw), 0.1)
            _fill(image, ear, np.float32(look.skin) * (0.72, 0.72, 0.82), detail)
    if abs(pose.yaw) > 0.5 and not pose.back_turned:
        profile = head.project(np.zeros(4, np.float32), np.float32([BROW + 0.05, 0.02, NOSE, NOSTRIL + 0.03]))
        root = head.project(np.full(1, 0.1 * np.sign(pose.yaw), np.float32), np.float32([0.05]))
        lit = pose.ambient + (1.1 - pose.ambient) * np.clip(pose.light[2] + np.sign(pose.yaw) * pose.light[0], 0.1, 1)
        _fill(image, np.concatenate([profile, root]), np.float32(look.skin) * lit, detail)
    return image


def _draw_clothes(image: np.ndarray, head: _Head, neck: float, rng: np.random.Generator) -> None:
    slope, shoulder, collar = rng.uniform(0.05, 0.2), rng.uniform(0.85, 1.1), rng.uniform(0.68, 0.95)
    side = [(neck + 0.03, 0.64), (shoulder * 0.75, 0.76 + slope), (shoulder, 0.95 + slope), (shoulder + 0.06, 1.4)]
    _fill(image, [(0, collar), *side, *[(-x, y) for x, y in side[::-1]]], head.look.cloth, head.detail)
    if rng.random() < 0.4:
        stripes = 1 + 0.5 * np.sign(noise_texture(rng, image.shape[:2], tuple(rng.uniform(0.03, 0.6, 2) * head.detail)))
        low = round((0.64 - PATCH_TOP) * head.detail)
        image[low:, :, :3] *= stripes[low:, :, None] * 0.8
    if rng.random() < 0.35:
        half = rng.uniform(0.05, 0.2)
        tie = [(-half * 0.7, collar - 0.1), (0, collar), (half * 0.7, collar - 0.1), (half, 1.4), (-half, 1.4)]
        _fill(image, tie, rng.uniform(20, 245, 3), head.detail)


def _draw_back_hair(image: np.ndarray, head: _Head, rng: np.random.Generator) -> None:
    look, detail = head.look, head.detail
    covered = look.hair_style in ("hat", "scarf")
    volume = 0.03 if covered else rng.choice([rng.uniform(0.02, 0.08), rng.uniform(0.08, 0.2)], p=[0.75, 0.25])
    lowest = {"long": rng.uniform(0.6, 1.1), "scarf": rng.uniform(0.6, 0.9)}.get(look.hair_style, rng.uniform(0.1, 0.3))
    tone = look.cover if covered else look.hair
    behind = -0.14 * head.sin_yaw
    half = np.hypot(look.width * head.cos_yaw, DEPTH * head.sin_yaw) + volume
    cap = _ellipse(half, volume - CROWN, 180, 360)
    hem = [(half * 1.02, lowest * 0.6), (half * 0.8, lowest), (-half * 0.8, lowest), (-half * 1.02, lowest * 0.6)]
    _fill(image, np.concatenate([cap, hem]) + (behind, 0), np.float32(tone) * 0.9, detail, soft=0.012)
    if not covered:
        strands = 1 + 0.2 * noise_texture(rng, image.shape[:2], (detail * 0.3, 1.3 + 0.01 * detail))
        image[..., :3] *= np.clip(strands, 0.4, 1.6)[..., None]


def _ellipse(half_x: float, half_y: float, start: float = 0, end: float = 360) -> np.ndarray:
    angles = np.radians(np.linspace(start, end, 20))
    return np.stack([half_x * np.cos(angles), half_y * np.sin(angles)], axis=1)


def _fill(image: np.ndarray, points: np.ndarray | list, colour: np.ndarray | Colour, detail: float, soft=0.005) -> None:
    mask = np.zeros(image.shape[:2], np.uint8)
    fixed = np.round(_to_patch(np.asarray(points), detail) * 2**SUBPIXEL_BITS).astype(np.int32)
    cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, SUBPIXEL_BITS)
    if soft * detail > 0.3:
        mask = cv2.GaussianBlur(mask, (0, 0), soft * detail)
    x, y, width, height = cv2.boundingRect(mask)
    area = np.s_[y : y + height, x : x + width]
    blend(image[area], np.float32([*colour, 255]), mask[area] / np.float32(255))


def _shade_body(image: np.ndarray, pose: Pose, detail: float, rng: np.random.Generator) -> None:
    x = (np.arange(image.shape[1], dtype=np.float32) / detail - PATCH_HALF_WIDTH)[None]
    y = (np.arange(image.shape[0], dtype=np.float32) / detail + PATCH_TOP)[:, None]
    light = 0.85 + 0.45 * pose.light[0] * np.clip(x, -0.8, 0.8)
    light = light - 0.4 * np.exp(-((y - 0.62) ** 2) / 0.02) * np.exp(-(x**2) / 0.18)  # the chin's shadow
    light = light * (1 + 0.09 * noise_texture(rng, image.shape[:2], (0.2 * detail, 0.08 * detail)))
    image[..., :3] *= np.clip(light, 0.15, 1.4)[..., None]
