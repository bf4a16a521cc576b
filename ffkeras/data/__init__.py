"""Face data: folders of labelled images in, augmented training samples out.

This package imports no TensorFlow; the `tf.data` pipeline is imported by its full name, `ffkeras.data.pipeline`.
"""

from ffkeras.data.augment import Sample, augment
from ffkeras.data.dataset import read_dataset, split_held_out
from ffkeras.data.image_cache import FileSource, ImageCache
from ffkeras.data.labels import LabelledImage, read_label_file
from ffkeras.data.widerface import read_widerface

__all__ = [
    "FileSource",
    "ImageCache",
    "LabelledImage",
    "Sample",
    "augment",
    "read_dataset",
    "read_label_file",
    "read_widerface",
    "split_held_out",
]
