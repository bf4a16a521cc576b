"""Who stands in a synthetic image: looks and poses, chosen at random."""

from dataclasses import dataclass, field

import numpy as np

from ffkeras.data.drawing.chart import Colour

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


@dataclass
class Pose:
    """Where a head looks and how it is lit; angles in radians, positive yaw turns the nose to the image's right."""

    yaw: float
    pitch: float  # positive looks down
    light: np.ndarray  # [3] unit vector to the light: x right, y down, z to the viewer
    ambient: float  # 0..1: how much light comes from everywhere
    back_turned: bool = False


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
