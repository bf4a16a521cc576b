"""From a training configuration to a run that is ready to go."""

import contextlib
import dataclasses
from pathlib import Path

from ffkeras.backend import keras
from ffkeras.data.dataset import check_sets, read_sets, split_held_out
from ffkeras.data.digest import dataset_digest, joined_digest
from ffkeras.data.image_cache import Cache, FileSource
from ffkeras.data.labels import LabelledImage
from ffkeras.data.samples import PipelineConfig, Source, steps_per_epoch
from ffkeras.data.shards import HELD_OUT_FILE, ChosenSource, JoinedSource, ShardSource, is_sharded, parts_of
from ffkeras.data.synthetic import SyntheticFaces
from ffkeras.errors import UserError
from ffkeras.files import check_writable, checksum, read_json, write_json
from ffkeras.models import NetworkConfig, config_from_json, config_to_json
from ffkeras.models.build import build_model
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.parts import load_parts
from ffkeras.models.saving import CONFIG_FILE, QUANTIZED_FILE, WEIGHTS_FILE, load_config, load_weights
from ffkeras.models.torch_import import load_backbone
from ffkeras.models.widening import load_widened
from ffkeras.quantization.network import QuantizedFeatherFace
from ffkeras.quantization.saving import save_quantized
from ffkeras.training.checkpoint import RunCheckpoint
from ffkeras.training.config import TrainingConfig
from ffkeras.training.distillation import DistilledLoss
from ffkeras.training.lock import lock_run, unlock_run
from ffkeras.training.losses import MultiboxLoss
from ffkeras.training.quantized import check_start, start_quantized
from ffkeras.training.schedule import WSD
from ffkeras.training.teacher import Teacher
from ffkeras.training.trainer import Trainer
from ffkeras.training.workers import ALONE, Workers

TRAINING_FILE = "training.json"
BACKBONE = ("backbone",)
SYNTHETIC_HELD_OUT = 64
NO_FOLDER = Path("the first worker's folder")  # stands in sentences; nothing is written there
HELD_OUT_OF_A_SOURCE = 128  # images; more would only cost time


def start_run(
    network: NetworkConfig | None,
    config: TrainingConfig,
    folder: Path,
    cache: Cache | None = None,
    workers: Workers = ALONE,
) -> Trainer:
    """A new run in `folder`; a quantization-aware one takes its network from `config.start_from`, not from `network`.

    Of several workers the first starts it, the others `follow_run`.

    Raises:
        UserError: the folder already holds a run, is in use or cannot be written, or data, backbone, starting weights
            or teacher are not usable.
    """
    if RunCheckpoint.exists(folder):
        raise UserError(f"{folder} already holds a run; add --resume to continue it, or choose another --output.")
    for name in (WEIGHTS_FILE, QUANTIZED_FILE):
        if (folder / name).exists():
            raise UserError(f"{folder} already holds a network, {name}; choose another --output.")
    check_writable(folder / CONFIG_FILE)
    origin = _origin(Path(config.start_from)) if config.start_from else ""
    sources = make_source(config, cache)
    config = dataclasses.replace(config, start_checksum=origin, data_digest=_digest(*sources))
    lock_run(folder)
    try:
        trainer = _make_trainer(network, config, folder, sources, workers)
    except BaseException:
        unlock_run(folder)
        with contextlib.suppress(OSError):
            folder.rmdir()  # if nothing else is in it
        raise
    write_json(folder / CONFIG_FILE, config_to_json(trainer.model.config))
    write_json(folder / TRAINING_FILE, config.to_json())
    return trainer


def _digest(*sources: Source) -> str:
    """Of the labelled images as their files have them, before the check, which may learn to see more; empty for
    synthetic faces.
    """
    parts = [part for source in sources for part in parts_of(source)]
    labelled = [part.as_read for part in parts if isinstance(part, FileSource)]
    digests = [part.digest for part in parts if isinstance(part, ShardSource)]
    if labelled:
        digests.insert(0, dataset_digest(image for images in labelled for image in images))
    return digests[0] if len(digests) == 1 else joined_digest(digests)


def _unchanged_source(config: TrainingConfig, folder: Path, cache: Cache | None) -> tuple[Source, Source]:
    """As `make_source`. Raises UserError where the data are not those that the run in `folder` began with."""
    sources = make_source(config, cache)
    if config.data_digest and _digest(*sources) != config.data_digest:
        names = ", ".join(config.data)
        raise UserError(
            f"{names}: the images or labels have changed since the run in {folder} began; restore them, or start "
            "another run --from it."
        )
    return sources


def _origin(start: Path) -> str:
    """The checksum of the float weights that a run starts from, at first or second hand; empty where unknown."""
    if (start / WEIGHTS_FILE).exists():
        return checksum(start / WEIGHTS_FILE)
    record = start / TRAINING_FILE
    return read_json(record).get("start_checksum", "") if record.exists() else ""


def resume_run(
    folder: Path, cache: Cache | None = None, changes: dict | None = None, workers: Workers = ALONE
) -> Trainer:
    """The run of `folder`, to continue from its newest checkpoint with the configuration it was started with.

    Of several workers, which may be more or fewer than those that started it, the first resumes it.

    Args:
        folder: of the run.
        cache: reads the images; without one, each is decoded at every reading.
        changes: `EXTENDABLE` fields of a run with the schedule `wsd`, which then goes on from the last step before its
            decay.
        workers: that go on together.

    Raises:
        UserError: the folder holds no run or is in use, its data have changed, they or the teacher are not there, or it
            cannot be changed in that way.
    """
    path = folder / TRAINING_FILE
    if not path.exists():
        raise UserError(f"{folder} holds no run to resume: it has no {TRAINING_FILE}; leave out --resume to start one.")
    config = TrainingConfig.from_json(read_json(path), str(path))
    lock_run(folder)
    if changes:
        config = _extended(folder, config, changes, cache)
    network = config_from_json(read_json(folder / CONFIG_FILE), str(folder / CONFIG_FILE))
    if not RunCheckpoint.exists(folder):
        return _make_trainer(network, config, folder, _unchanged_source(config, folder, cache), workers)
    return _trainer_without_weights(network, config, folder, cache, workers)


def follow_run(network: NetworkConfig, config: TrainingConfig, cache: Cache | None, workers: Workers) -> Trainer:
    """What a worker does its part of a run with, as the first one describes it; weights and state come from there.

    Raises:
        UserError: the data are not those of the first worker, or the teacher is not there.
    """
    return _trainer_without_weights(network, config, NO_FOLDER, cache, workers)


def _trainer_without_weights(
    network: NetworkConfig, config: TrainingConfig, folder: Path, cache: Cache | None, workers: Workers
) -> Trainer:
    """With a network whose weights are still to come, so that what the run started from may be gone."""
    loss = make_loss(network, config)
    source, held_out = _unchanged_source(config, folder, cache)
    keras.utils.set_random_seed(config.seed)
    model = build_model(network)
    if config.quantize:
        quantized = QuantizedFeatherFace(model)
        return Trainer(quantized, config, source, held_out, folder, save_quantized, loss, workers)
    return Trainer(model, config, source, held_out, folder, loss=loss, workers=workers)


def _extended(folder: Path, config: TrainingConfig, changes: dict, cache: Cache | None) -> TrainingConfig:
    """The configuration of a run that is made longer; its checkpoint is put back to before the decay, if need be."""
    if "epochs" in changes:
        changes = {"steps": 0, **changes}
    longer = dataclasses.replace(config, **changes)
    if config.schedule != WSD:
        raise UserError(f"{folder} has the schedule {config.schedule}, which ends when it ends; only {WSD} goes on.")
    training, _ = make_source(config, 0)
    pipeline = PipelineConfig(config.image_size, config.batch_size, (0.0, 0.0, 0.0))
    steps = steps_per_epoch(training, pipeline)
    before, after = (one.schedule_of(one.total_steps(steps)) for one in (config, longer))
    stable = RunCheckpoint.newest_step(folder)
    if stable is not None and stable > before.stable_steps:
        stable = RunCheckpoint.go_back(folder)
    if stable is not None and stable > after.stable_steps:
        raise UserError(
            f"{folder} has done {stable} steps and would have to decay from step {after.stable_steps} on; "
            "give it more --epochs or --steps, or less --decay-share."
        )
    write_json(folder / TRAINING_FILE, longer.to_json())
    return longer


def initial_model(network: NetworkConfig, config: TrainingConfig) -> FeatherFace:
    """The network with the weights that the run starts from; a run killed before its first checkpoint needs them too.

    Raises:
        UserError: the backbone's or the starting weights are not usable.
    """
    keras.utils.set_random_seed(config.seed)
    model = build_model(network)
    if Path(config.backbone).is_dir() and config.backbone:
        load_parts(model, Path(config.backbone), BACKBONE)
    elif config.backbone:
        load_backbone(model, config.backbone)
    if config.start_from and config.parts:
        load_parts(model, Path(config.start_from), config.parts)
    elif config.start_from and load_config(config.start_from) != network:
        load_widened(model, Path(config.start_from))
    elif config.start_from:
        load_weights(model, Path(config.start_from) / WEIGHTS_FILE)
    return model


def _make_trainer(
    network: NetworkConfig | None,
    config: TrainingConfig,
    folder: Path,
    sources: tuple[Source, Source],
    workers: Workers,
) -> Trainer:
    source, held_out = sources
    if config.quantize:
        loss = make_loss(check_start(config), config)
        network = start_quantized(config, source)
        return Trainer(network, config, source, held_out, folder, save_quantized, loss, workers)
    model = initial_model(network, config)
    loss = make_loss(network, config)
    return Trainer(model, config, source, held_out, folder, loss=loss, workers=workers)


def make_loss(network: NetworkConfig, config: TrainingConfig) -> MultiboxLoss | DistilledLoss:
    """The loss of a run that trains `network`. Raises UserError where the teacher is no usable float run."""
    if not config.teacher:
        return MultiboxLoss(config.loss)
    teacher = Teacher(config.teacher, network, config.image_size, precision=config.mixed_precision)
    return DistilledLoss(teacher, config.temperature, config.distillation, config.loss)


def make_source(config: TrainingConfig, cache: Cache | None) -> tuple[Source, Source]:
    """Training samples and held-out ones: of the folders (one named twice counts twice), or synthetic faces.

    Images in files come before those in shards, whatever the order of the folders.
    """
    if not config.data:
        held_out = SyntheticFaces(SYNTHETIC_HELD_OUT, config.seed + 1, config.image_size)
        return SyntheticFaces(config.synthetic_count, config.seed, config.image_size), held_out
    sharded = [folder for folder in config.data if is_sharded(folder)]
    training: list[Source] = []
    held_out: list[Source] = []
    if len(sharded) < len(config.data):
        files = _file_sources([folder for folder in config.data if folder not in sharded], cache)
        training.append(files[0])
        held_out.append(files[1])
    training += map(ShardSource, sharded)
    for folder in dict.fromkeys(sharded):
        source = ShardSource(folder, HELD_OUT_FILE)
        held_out.append(ChosenSource(source, source.first_of_each_source(HELD_OUT_OF_A_SOURCE)))
    return tuple(parts[0] if len(parts) == 1 else JoinedSource(parts) for parts in (training, held_out))


def _file_sources(folders: list[str], cache: Cache | None) -> tuple[FileSource, FileSource]:
    """Training images and held-out ones that are files of their own, looked over."""
    sets = read_sets(folders)
    as_read = _parts([image for data in sets for image in data.images])
    checked = _parts([image for data in check_sets(sets) for image in data.images])
    return FileSource(checked[0], cache, as_read[0]), FileSource(checked[1], None, as_read[1])


def _parts(images: list[LabelledImage]) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """The images of training, and those of validation: at most HELD_OUT_OF_A_SOURCE of each set."""
    training, held_out = split_held_out(images)
    by_source: dict[str, dict[Path, LabelledImage]] = {}
    for image in held_out:
        by_source.setdefault(image.source, {})[image.path] = image
    chosen = [image for images in by_source.values() for image in list(images.values())[:HELD_OUT_OF_A_SOURCE]]
    return training, chosen
