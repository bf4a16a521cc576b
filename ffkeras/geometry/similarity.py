"""The similarity transform (turn, scale, shift; no mirroring) that brings points onto others best."""

import numpy as np


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Least-squares similarity transform (Umeyama 1991), without mirroring.

    In the plane it is linear: with points as complex numbers, target = a * source + b.

    Args:
        source: [N, 2] points (x, y), finite, at least two of them apart.
        target: [N, 2] where they should come to.

    Returns:
        float64 [2, 3]: `matrix @ (x, y, 1)` brings a source point to the target.

    Raises:
        ValueError: the source points are not finite, or all in one place.
    """
    points, wanted = (np.asarray(side, np.float64) @ (1, 1j) for side in (source, target))
    centre = points.mean()
    spread = np.sum(np.abs(points - centre) ** 2)
    if not np.isfinite(spread) or spread <= np.finfo(np.float32).eps:
        raise ValueError("points that are not finite, or all in one place, have no direction")
    a = np.sum(np.conj(points - centre) * (wanted - wanted.mean())) / spread
    b = wanted.mean() - a * centre
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
