"""A head as a solid that can be turned and lit."""

import cv2
import numpy as np

from ffkeras.data.drawing.chart import CHIN, Chart
from ffkeras.data.drawing.look import Look, Pose
from ffkeras.data.drawing.texture import relief

CROWN, DEPTH = -0.66, 0.42
ARC = 0.37  # chart units for each radian round the head
RINGS = 1024  # entries of the table of the head's ellipses


class Head:
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


def light_surface(z: np.ndarray, pose: Pose, detail: float) -> tuple[np.ndarray, np.ndarray]:
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
