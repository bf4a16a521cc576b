"""Augmentation of one training sample, in the manner of RetinaFace (Deng et al. 2020, sec. 4.2) and SSD (sec. 2.2).

Every function is pure in (sample, random generator). Boxes and landmarks are in pixels of the sample's image.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ffkeras.data.augment_config import AugmentConfig

CROP_ATTEMPTS = 50
ZOOM_OUT_RANGE = (1.0, 1.6)  # window / the smallest window that holds the whole image
CUT_FACE_SHARE = 0.25  # a face cut through its centre is ignored, not background, if this share of it is visible
MIN_FACE_PIXELS = 4.0  # a face whose longer side is smaller than this in the network input is ignored

BRIGHTNESS = 32.0  # SSD's distortions; each is made with probability 0.5
CONTRAST = (0.5, 1.5)
SATURATION = (0.5, 1.5)
HUE = 9.0  # SSD's 18 degrees, in OpenCV's hue of 180 steps
HUE_STEPS = 180
DISTORTION_PROBABILITY = 0.5

MIRRORED_LANDMARKS = [1, 0, 2, 4, 3]  # left eye, right eye, nose, left mouth, right mouth


@dataclass(frozen=True)
class Sample:
    """An image and its faces, in pixels of the image.

    Args:
        image: uint8 BGR [H, W, 3].
        boxes: float32 [N, 4], corners.
        landmarks: float32 [N, 5, 2], 0 where unknown.
        has_landmarks: bool [N].
        ignore: bool [N].
    """

    image: np.ndarray
    boxes: np.ndarray
    landmarks: np.ndarray
    has_landmarks: np.ndarray
    ignore: np.ndarray


@dataclass(frozen=True)
class View:
    """Which part of an image the network sees and where it lies in its input, as rectangles (x1, y1, x2, y2).

    Both are of whole pixels, so that faces move exactly as pixels do.

    Args:
        source: in pixels of the image.
        target: in pixels of the network input.
    """

    source: tuple[int, int, int, int]
    target: tuple[int, int, int, int]


def zoomed_out(size: tuple[int, int], image_size: tuple[int, int], rng: np.random.Generator) -> View:
    """See the whole image of `size` (height, width), as large as fits or up to 1.6 times smaller, at a random place."""
    (height, width), (out_height, out_width) = size, image_size
    scale = min(out_height / height, out_width / width) / rng.uniform(*ZOOM_OUT_RANGE)
    new_height = min(out_height, max(1, round(height * scale)))
    new_width = min(out_width, max(1, round(width * scale)))
    top = int(rng.integers(out_height - new_height + 1))
    left = int(rng.integers(out_width - new_width + 1))
    return View((0, 0, width, height), (left, top, left + new_width, top + new_height))


def choose_view(sample: Sample, image_size: tuple[int, int], config: AugmentConfig, rng: np.random.Generator) -> View:
    """Choose a crop with a face's centre in it; sometimes the whole image zoomed out, or a crop of anything.

    A crop has the proportions of the network input. The first of 50 random crops that holds the centre of a face is
    taken; an image without faces gives any crop; where no crop succeeds, the whole image is zoomed out. A crop that is
    wider or higher than the image has the image at a random place in it.

    Args:
        sample: faces that are `ignore` attract no crop.
        image_size: (height, width) of the network input.
        config: sizes of crops and the shares of the kinds.
        rng: source of randomness.
    """
    height, width = sample.image.shape[:2]
    kind = rng.random()
    if kind < config.zoom_out_probability:
        return zoomed_out((height, width), image_size, rng)
    out_height, out_width = image_size
    largest = min(width / out_width, height / out_height)
    scales = rng.choice(np.array(config.crop_scales), CROP_ATTEMPTS) * largest
    sizes = np.maximum(1, np.rint(scales[:, None] * (out_width, out_height))).astype(int)  # [attempts, 2]
    room = (width, height) - sizes
    starts = (rng.random(sizes.shape) * (np.abs(room) + 1)).astype(int) * np.sign(room)
    ends = starts + sizes
    faces = sample.boxes[~sample.ignore]
    attempt = 0
    if len(faces) and kind < 1 - config.free_crop_probability:
        centres = (faces[:, :2] + faces[:, 2:]) / 2
        inside = (centres >= starts[:, None]) & (centres < ends[:, None])  # [attempts, faces, 2]
        inside &= (centres >= 0) & (centres < (width, height))
        holds_face = inside.all(axis=2).any(axis=1)
        if not holds_face.any():
            return zoomed_out((height, width), image_size, rng)
        attempt = int(holds_face.argmax())
    return _window_view((width, height), starts[attempt], ends[attempt], image_size)


def _window_view(size: tuple[int, int], start: np.ndarray, end: np.ndarray, image_size: tuple[int, int]) -> View:
    """The part of an image of `size` (width, height) that lies in a window, and where it lies in the network input."""
    low, high = np.maximum(start, 0), np.minimum(end, size)
    scale = np.array(image_size[::-1]) / (end - start)
    first = np.rint((low - start) * scale).astype(int)
    last = np.maximum(first + 1, np.rint((high - start) * scale).astype(int))
    return View((*low.tolist(), *high.tolist()), (*first.tolist(), *last.tolist()))


def view_faces(sample: Sample, view: View) -> Sample:
    """Move faces from the image into the network input; the image is left as it is.

    A face stays if its centre is in the view, and is clipped to it; its landmarks are kept even where they fall
    outside. A face whose centre is outside is dropped, or becomes `ignore` if at least a quarter of it is visible.
    Faces below 4 pixels become `ignore`; what has no area left is dropped.
    """
    low, high = np.array(view.source, np.float32).reshape(2, 2)
    start, end = np.array(view.target, np.float32).reshape(2, 2)
    scale = (end - start) / (high - low)
    whole = sample.boxes.reshape(-1, 2, 2)  # [N, 2, 2]
    clipped = np.clip(whole, low, high)
    centres = whole.mean(axis=1)
    centred = ((centres >= low) & (centres < high)).all(axis=1)
    area = (whole[:, 1] - whole[:, 0]).prod(axis=1)
    visible = (clipped[:, 1] - clipped[:, 0]).prod(axis=1)
    keep = (visible > 0) & (centred | (visible >= CUT_FACE_SHARE * area))
    boxes = (clipped[keep] - low) * scale + start
    too_small = (boxes[:, 1] - boxes[:, 0]).max(axis=1) < MIN_FACE_PIXELS
    has_landmarks = sample.has_landmarks[keep]
    landmarks = ((sample.landmarks[keep] - low) * scale + start) * has_landmarks[:, None, None]
    ignore = sample.ignore[keep] | ~centred[keep] | too_small
    return Sample(sample.image, boxes.reshape(-1, 4), landmarks, has_landmarks, ignore)


def _colour_table(gain: float, offset: float) -> np.ndarray:
    """uint8 [256]: gain * value + offset, clipped."""
    return np.clip(np.arange(256) * gain + offset, 0, 255).astype(np.uint8)


def _change_light(image: np.ndarray, gain: float, offset: float) -> np.ndarray:
    """Contrast and brightness."""
    return cv2.LUT(image, _colour_table(gain, offset))


def _change_colour(image: np.ndarray, saturation: float, hue: float) -> np.ndarray:
    """Saturation gain, and hue offset in OpenCV's steps of 2 degrees."""
    tables = np.empty((256, 1, 3), np.uint8)
    tables[:, 0, 0] = (np.arange(256) + round(hue)) % HUE_STEPS
    tables[:, 0, 1] = _colour_table(saturation, 0)
    tables[:, 0, 2] = np.arange(256)
    changed = cv2.LUT(cv2.cvtColor(image, cv2.COLOR_BGR2HSV), tables)
    return cv2.cvtColor(changed, cv2.COLOR_HSV2BGR)


def distort(image: np.ndarray, grey_probability: float, rng: np.random.Generator) -> np.ndarray:
    """Change light (brightness, contrast) and colour (hue, saturation), in either order, each with probability 0.5.

    Some images become grey. uint8 BGR in and out.
    """
    brighten, contrast, colour, light_first, grey = rng.random(5)
    offset, gain, saturation, hue = rng.uniform(
        (-BRIGHTNESS, CONTRAST[0], SATURATION[0], -HUE), (BRIGHTNESS, CONTRAST[1], SATURATION[1], HUE)
    )
    offset = offset if brighten < DISTORTION_PROBABILITY else 0.0
    gain = gain if contrast < DISTORTION_PROBABILITY else 1.0
    if grey < grey_probability:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        return _change_light(image, gain, offset)
    if light_first < 0.5:
        image = _change_light(image, gain, offset)
    if colour < DISTORTION_PROBABILITY:
        image = _change_colour(image, saturation, hue)
    return image if light_first < 0.5 else _change_light(image, gain, offset)


def view_image(
    image: np.ndarray,
    view: View,
    image_size: tuple[int, int],
    fill: tuple[float, float, float],
    grey_probability: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Cut the view out, resize it, and distort its colours; the network input around it is exactly `fill`.

    Enlarging is bilinear; shrinking is bilinear or by area, at random, because detectors are fed with both.

    Returns:
        uint8 BGR [height, width, 3] of `image_size`.
    """
    left, top, right, bottom = view.source
    x1, y1, x2, y2 = view.target
    shrinks = x2 - x1 < right - left
    interpolation = cv2.INTER_AREA if shrinks and rng.random() < 0.5 else cv2.INTER_LINEAR
    part = cv2.resize(image[top:bottom, left:right], (x2 - x1, y2 - y1), interpolation=interpolation)
    part = distort(part, grey_probability, rng)
    if part.shape[:2] == image_size:
        return part
    canvas = np.empty((*image_size, 3), np.uint8)
    canvas[:] = np.round(fill).astype(np.uint8)
    canvas[y1:y2, x1:x2] = part
    return canvas


def flip(sample: Sample) -> Sample:
    """Mirror the image and its faces; left and right landmarks change places, for they are named as seen."""
    width = sample.image.shape[1]
    boxes = sample.boxes[:, [2, 1, 0, 3]] * (-1, 1, -1, 1) + np.array([width, 0, width, 0])
    landmarks = sample.landmarks[:, MIRRORED_LANDMARKS] * (-1, 1) + np.array([width, 0])
    landmarks *= sample.has_landmarks[:, None, None]
    return replace(
        sample,
        image=cv2.flip(sample.image, 1),
        boxes=boxes.astype(np.float32),
        landmarks=landmarks.astype(np.float32),
    )


def augment(
    sample: Sample,
    image_size: tuple[int, int],
    fill: tuple[float, float, float],
    config: AugmentConfig,
    rng: np.random.Generator,
) -> Sample:
    """Crop or zoom out, resize, distort, and flip every other sample.

    Args:
        sample: image of any size.
        image_size: (height, width) of the network input in pixels.
        fill: BGR of what lies beyond the image; the network's mean.
        config: how much of each.
        rng: source of randomness; equal generators give equal samples.

    Returns:
        A sample whose image is uint8 [height, width, 3].
    """
    view = choose_view(sample, image_size, config, rng)
    seen = view_faces(sample, view)
    image = view_image(sample.image, view, image_size, fill, config.grey_probability, rng)
    seen = replace(seen, image=image)
    return flip(seen) if rng.random() < 0.5 else seen
