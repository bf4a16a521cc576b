"""How training samples are varied."""

import dataclasses
from dataclasses import dataclass

from ffkeras import checks
from ffkeras.errors import UserError

LARGEST_SCALE = 16.0  # a face of 64 pixels in an image that fits would be one of 4


@dataclass(frozen=True)
class AugmentConfig:
    """Which part of an image a sample shows, and how its colours are changed.

    Args:
        crop_scales: side of a crop / side of the largest that fits into the image, one drawn at random; above 1 the
            crop is larger than the image, which lies in it at a random place (SCRFD, Guo et al. 2021, sec. 3.2, draws
            from 0.3 to 2).
        zoom_out_probability: 0..1, of showing the whole image, as large as fits or up to 1.6 times smaller.
        free_crop_probability: 0..1, of a crop that no face attracts: without them a network meets few scenes without
            faces.
        mosaic_probability: 0..1, of four images in one sample, each in a quarter of its own size (YOLOv4, Bochkovskiy
            et al. 2020, sec. 3.3).
        grey_probability: 0..1, of a picture without colours.

    Raises:
        UserError: a number outside its range.
    """

    crop_scales: tuple[float, ...] = (0.4, 0.6, 0.8, 1.0, 1.0)
    zoom_out_probability: float = 0.45
    free_crop_probability: float = 0.15
    mosaic_probability: float = 0.0
    grey_probability: float = 0.15

    def __post_init__(self):
        object.__setattr__(self, "crop_scales", tuple(self.crop_scales))
        if not self.crop_scales or not all(0 < scale <= LARGEST_SCALE for scale in self.crop_scales):
            raise UserError(f"crop_scales is {self.crop_scales}; give numbers above zero, {LARGEST_SCALE:g} at most.")
        checks.share(self, "zoom_out_probability", "free_crop_probability", "mosaic_probability", "grey_probability")
        if self.zoom_out_probability + self.free_crop_probability > 1:
            raise UserError(
                f"zoom_out_probability and free_crop_probability are {self.zoom_out_probability} and "
                f"{self.free_crop_probability}; together they should be 1 at most."
            )

    def to_json(self) -> dict:
        """The configuration as a JSON object."""
        return dataclasses.asdict(self)
