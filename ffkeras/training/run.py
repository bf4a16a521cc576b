"""From a training configuration to a run that is ready to go."""

import dataclasses
from pathlib import Path

from ffkeras.backend import keras
from ffkeras.data.dataset import read_dataset, split_held_out
from ffkeras.data.image_cache import FileSource
from ffkeras.data.samples import Source
from ffkeras.data.synthetic import SyntheticFaces
from ffkeras.errors import UserError
from ffkeras.files import check_writable, checksum, read_json, write_json
from ffkeras.models import NetworkConfig, config_from_json, config_to_json
from ffkeras.models.build import build_model
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.saving import CONFIG_FILE, QUANTIZED_FILE, WEIGHTS_FILE, load_weights
from ffkeras.models.torch_import import load_backbone
from ffkeras.quantization.network import QuantizedFeatherFace
from ffkeras.quantization.saving import save_quantized
from ffkeras.training.checkpoint import RunCheckpoint
from ffkeras.training.config import TrainingConfig
from ffkeras.training.distillation import DistilledLoss
from ffkeras.training.losses import MultiboxLoss
from ffkeras.training.quantized import check_start, start_quantized
from ffkeras.training.teacher import Teacher
from ffkeras.training.trainer import Trainer

TRAINING_FILE = "training.json"
SYNTHETIC_HELD_OUT = 64


def start_run(network: NetworkConfig | None, config: TrainingConfig, folder: Path, cache_bytes: int) -> Trainer:
    """A new run in `folder`; a quantization-aware one takes its network from `config.start_from`, not from `network`.

    Raises:
        UserError: the folder already holds a run or cannot be written, or data, backbone, starting weights or teacher
            are not usable.
    """
    if RunCheckpoint.exists(folder):
        raise UserError(f"{folder} already holds a run; add --resume to continue it, or choose another --output.")
    for name in (WEIGHTS_FILE, QUANTIZED_FILE):
        if (folder / name).exists():
            raise UserError(f"{folder} already holds a network, {name}; choose another --output.")
    check_writable(folder / CONFIG_FILE)
    config = dataclasses.replace(config, start_checksum=_origin(Path(config.start_from)) if config.start_from else "")
    trainer = _make_trainer(network, config, folder, cache_bytes)
    write_json(folder / CONFIG_FILE, config_to_json(trainer.model.config))
    write_json(folder / TRAINING_FILE, config.to_json())
    return trainer


def _origin(start: Path) -> str:
    """The checksum of the float weights that a run starts from, at first or second hand; empty where unknown."""
    if (start / WEIGHTS_FILE).exists():
        return checksum(start / WEIGHTS_FILE)
    record = start / TRAINING_FILE
    return read_json(record).get("start_checksum", "") if record.exists() else ""


def resume_run(folder: Path, cache_bytes: int) -> Trainer:
    """The run of `folder`, to continue from its newest checkpoint with the configuration it was started with.

    Raises:
        UserError: the folder holds no run, or its data or teacher are not there.
    """
    path = folder / TRAINING_FILE
    if not path.exists():
        raise UserError(f"{folder} holds no run to resume: it has no {TRAINING_FILE}; leave out --resume to start one.")
    config = TrainingConfig.from_json(read_json(path), str(path))
    network = config_from_json(read_json(folder / CONFIG_FILE), str(folder / CONFIG_FILE))
    if config.quantize and RunCheckpoint.exists(folder):
        loss = make_loss(network, config)
        source, held_out = make_source(config, cache_bytes)
        model = QuantizedFeatherFace(build_model(network))  # weights and ranges come with the checkpoint
        return Trainer(model, config, source, held_out, folder, save_quantized, loss)
    return _make_trainer(network, config, folder, cache_bytes)


def initial_model(network: NetworkConfig, config: TrainingConfig) -> FeatherFace:
    """The network with the weights that the run starts from; a run killed before its first checkpoint needs them too.

    Raises:
        UserError: the backbone's or the starting weights are not usable.
    """
    keras.utils.set_random_seed(config.seed)
    model = build_model(network)
    if config.backbone:
        load_backbone(model, config.backbone)
    if config.start_from:
        load_weights(model, Path(config.start_from) / WEIGHTS_FILE)
    return model


def _make_trainer(network: NetworkConfig | None, config: TrainingConfig, folder: Path, cache_bytes: int) -> Trainer:
    if config.quantize:
        loss = make_loss(check_start(config), config)
        source, held_out = make_source(config, cache_bytes)
        return Trainer(start_quantized(config, source), config, source, held_out, folder, save_quantized, loss)
    model = initial_model(network, config)
    loss = make_loss(network, config)
    source, held_out = make_source(config, cache_bytes)
    return Trainer(model, config, source, held_out, folder, loss=loss)


def make_loss(network: NetworkConfig, config: TrainingConfig) -> MultiboxLoss | DistilledLoss:
    """The loss of a run that trains `network`. Raises UserError where the teacher is no usable float run."""
    if not config.teacher:
        return MultiboxLoss()
    return DistilledLoss(Teacher(config.teacher, network, config.image_size), config.temperature, config.distillation)


def make_source(config: TrainingConfig, cache_bytes: int) -> tuple[Source, Source]:
    """Training samples and held-out ones: of the folders (one named twice counts twice), or synthetic faces."""
    if not config.data:
        held_out = SyntheticFaces(SYNTHETIC_HELD_OUT, config.seed + 1, config.image_size)
        return SyntheticFaces(config.synthetic_count, config.seed, config.image_size), held_out
    training, held_out = split_held_out(read_dataset(config.data))
    unique = list({image.path: image for image in held_out}.values())
    return FileSource(training, cache_bytes), FileSource(unique, 0)
