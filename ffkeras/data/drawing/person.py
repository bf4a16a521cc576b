"""One synthetic person, head to shoulders, on a transparent patch."""

import functools
from dataclasses import dataclass

import cv2
import numpy as np

from ffkeras.data.drawing.chart import (
    BROW,
    CHIN,
    EYE,
    HAIRLINE,
    MOUTH,
    NOSE,
    NOSTRIL,
    SMILE_LIFT,
    SUBPIXEL_BITS,
    Chart,
    Colour,
    blend,
    ellipse_arc,
    noise_texture,
)
from ffkeras.data.drawing.head import ARC, CROWN, DEPTH, Head, light_surface
from ffkeras.data.drawing.look import Look, Pose, random_look, random_pose
from ffkeras.data.drawing.texture import albedo

PATCH_HALF_WIDTH, PATCH_TOP, PATCH_BOTTOM = 1.15, -0.95, 1.35  # what a patch shows, face heights from the head's centre
HEAD_HALF_WIDTH, HEAD_TOP, HEAD_BOTTOM = 0.62, -0.85, 0.85  # the part of it that is lit point by point
SOLID_DETAIL = 64  # the solid and all that is behind it are smooth: finer detail would not show
SEEN_ARC = 1.3  # radians from the nose to where a face ends and the ear begins


@dataclass
class Person:
    """A drawn person. `image` is uint8 BGRA [P, P, 4], colour multiplied by alpha; points are in its pixels."""

    image: np.ndarray
    outline: np.ndarray  # float32 [K, 2]: points of the visible face from hairline to chin
    landmarks: np.ndarray  # float32 [5, 2]


@functools.lru_cache(maxsize=1024)
def stock_person(seed: int, back_turned: bool, detail: float) -> Person:
    """A person of random look and pose that depends on the arguments alone, kept once drawn."""
    rng = np.random.default_rng((seed, int(back_turned)))
    look, pose = random_look(rng), random_pose(rng)
    pose.back_turned = back_turned
    return draw_person(look, pose, detail, rng)


def draw_person(look: Look, pose: Pose, detail: float, rng: np.random.Generator) -> Person:
    """Draw a person with `detail` pixels for each face height (hairline to chin)."""
    head = Head(look, pose, min(detail, SOLID_DETAIL))
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


def _to_patch(points: np.ndarray, detail: float) -> np.ndarray:
    return ((points - (-PATCH_HALF_WIDTH, PATCH_TOP)) * detail - 0.5).astype(np.float32)


def _draw_head(image: np.ndarray, head: Head, detail: float, rng: np.random.Generator) -> None:
    solid = head.detail
    columns = np.arange(-HEAD_HALF_WIDTH, HEAD_HALF_WIDTH, 1 / solid, dtype=np.float32)[None] + np.float32(0.5 / solid)
    rows = np.arange(HEAD_TOP, HEAD_BOTTOM, 1 / solid, dtype=np.float32)[:, None] + np.float32(0.5 / solid)
    s, v, z, inside = head.trace(columns, rows)
    light, highlight = light_surface(z, head.pose, solid)
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


def _draw_body(head: Head, rng: np.random.Generator) -> np.ndarray:
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
            middle = head.turn(side * look.width * 0.99, 0.02, -0.03)
            ear = ellipse_arc(middle, (0.04 + 0.035 * abs(head.sin_yaw), 0.1), 0, 360)
            _fill(image, ear, np.float32(look.skin) * (0.72, 0.72, 0.82), detail)
    if abs(pose.yaw) > 0.5 and not pose.back_turned:
        profile = head.project(np.zeros(4, np.float32), np.float32([BROW + 0.05, 0.02, NOSE, NOSTRIL + 0.03]))
        root = head.project(np.full(1, 0.1 * np.sign(pose.yaw), np.float32), np.float32([0.05]))
        lit = pose.ambient + (1.1 - pose.ambient) * np.clip(pose.light[2] + np.sign(pose.yaw) * pose.light[0], 0.1, 1)
        _fill(image, np.concatenate([profile, root]), np.float32(look.skin) * lit, detail)
    return image


def _draw_clothes(image: np.ndarray, head: Head, neck: float, rng: np.random.Generator) -> None:
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


def _draw_back_hair(image: np.ndarray, head: Head, rng: np.random.Generator) -> None:
    look, detail = head.look, head.detail
    covered = look.hair_style in ("hat", "scarf")
    volume = 0.03 if covered else rng.choice([rng.uniform(0.02, 0.08), rng.uniform(0.08, 0.2)], p=[0.75, 0.25])
    lowest = {"long": rng.uniform(0.6, 1.1), "scarf": rng.uniform(0.6, 0.9)}.get(look.hair_style, rng.uniform(0.1, 0.3))
    tone = look.cover if covered else look.hair
    behind = -0.14 * head.sin_yaw
    half = np.hypot(look.width * head.cos_yaw, DEPTH * head.sin_yaw) + volume
    cap = ellipse_arc((0, 0), (half, volume - CROWN), 180, 360)
    hem = [(half * 1.02, lowest * 0.6), (half * 0.8, lowest), (-half * 0.8, lowest), (-half * 1.02, lowest * 0.6)]
    _fill(image, np.concatenate([cap, hem]) + (behind, 0), np.float32(tone) * 0.9, detail, soft=0.012)
    if not covered:
        strands = 1 + 0.2 * noise_texture(rng, image.shape[:2], (detail * 0.3, 1.3 + 0.01 * detail))
        image[..., :3] *= np.clip(strands, 0.4, 1.6)[..., None]


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
