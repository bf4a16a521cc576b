"""The start of quantization-aware training: from a trained float network to one that rounds as int8 does."""

import itertools
from pathlib import Path

import numpy as np

from ffkeras.data.pipeline import training_dataset, user_errors
from ffkeras.data.samples import PipelineConfig, Source
from ffkeras.geometry import letterbox
from ffkeras.models import NetworkConfig
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.saving import load_config, load_run
from ffkeras.models.simplify import simplify
from ffkeras.quantization.calibration import calibrate_ranges
from ffkeras.quantization.equalization import IMAGES, equalize_backbone
from ffkeras.quantization.expressible import check_quantizable
from ffkeras.quantization.network import QuantizedFeatherFace
from ffkeras.quantization.saving import is_quantized_run, load_quantized
from ffkeras.training.config import TrainingConfig

CALIBRATION_BATCHES = 24


def check_start(config: TrainingConfig) -> NetworkConfig:
    """The network of `config.start_from`. Raises UserError, before anything slow, where int8 cannot express it."""
    network = load_config(config.start_from)
    check_quantizable(network)
    return network


def start_quantized(config: TrainingConfig, source: Source) -> QuantizedFeatherFace:
    """The network of `config.start_from`, simplified, equalised, folded, its ranges measured on training batches.

    A run that is quantised already goes on from its weights and ranges.

    Args:
        config: of the run.
        source: training samples.

    Raises:
        UserError: no usable run folder, or an unreadable image.
    """
    if is_quantized_run(config.start_from):
        return load_quantized(config.start_from)
    network = simplify(load_run(Path(config.start_from)))
    network = equalize_backbone(network, _canvases(network, config, source))
    quantized = QuantizedFeatherFace(network)
    pipeline = PipelineConfig(config.image_size, config.batch_size, network.config.mean, config.seed, config.augment)
    batches = training_dataset(source, pipeline, lambda *faces: {})
    with user_errors():
        calibrate_ranges(quantized, (images for images, _ in itertools.islice(batches, CALIBRATION_BATCHES)))
    return quantized


def _canvases(network: FeatherFace, config: TrainingConfig, source: Source) -> list[np.ndarray]:
    """Whole training images, letterboxed: what the largest activations of each channel are measured on."""
    chosen = np.random.default_rng(config.seed).permutation(len(source))[:IMAGES]
    return [letterbox(source.load(int(i))[0], config.image_size, network.config.mean)[0] for i in chosen]
