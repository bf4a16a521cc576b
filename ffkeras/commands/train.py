"""Train a face detector on labelled images, or on synthetic faces where no --data is given.

A run folder is written: model.json and model.weights.h5 (averaged weights), training.json, steps.csv, epochs.csv,
validation.csv, tensorboard/ and checkpoint/. With --quantize --from RUN a trained network learns to live with int8's
roundings, and quantized.weights.npz takes the place of model.weights.h5. Stop it at any time; --resume continues as if
it had never stopped. A run with --schedule wsd is made longer by --resume --epochs N: it goes on from before its decay.
"""

import argparse
import dataclasses
import logging
import os
import sys
from pathlib import Path

from ffkeras import cli
from ffkeras.data.augment_config import AugmentConfig
from ffkeras.errors import UserError
from ffkeras.models.config import NETWORKS, read_config
from ffkeras.training.config import EXTENDABLE, NORM_STATISTICS, PRECISIONS, TrainingConfig
from ffkeras.training.config import QUANTIZE_DEFAULTS as SHORT
from ffkeras.training.loss_config import BOX_WEIGHTS, CHOICES, CLASS_WEIGHTS, LossConfig
from ffkeras.training.schedule import SCHEDULES

DEFAULTS = TrainingConfig()
ONE_PROCESS = "XLA compiles the step of one process alone"
TOLD = 20  # pictures that went bad, by name


def parse_arguments(arguments: list[str] | None = None, program: str | None = None) -> argparse.Namespace:
    """The command line; options that describe the run are absent unless given."""
    parser = argparse.ArgumentParser(
        prog=program, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    run = parser.add_argument_group("the run", argument_default=argparse.SUPPRESS)
    run.add_argument(
        "--model", metavar="NAME|JSON", help=f"{', '.join(NETWORKS)}, or its JSON (v2_ultra; with --from RUN's)"
    )
    run.add_argument("--data", nargs="+", help="folders in any format of docs/own-data.md; named twice, counts twice")
    run.add_argument("--synthetic-count", type=int, help=f"images of synthetic faces ({DEFAULTS.synthetic_count})")
    run.add_argument("--image-size", action=cli.ImageSizeAction, help="training input, S or HxW (320)")
    run.add_argument("--batch-size", type=int, help=f"({DEFAULTS.batch_size})")
    run.add_argument("--epochs", type=int, help=f"({DEFAULTS.epochs}, with --quantize {SHORT['epochs']})")
    run.add_argument("--steps", type=int, help="of the whole run, instead of --epochs")
    run.add_argument(
        "--learning-rate",
        type=float,
        help=f"AdamW's, at its height ({DEFAULTS.learning_rate}, with --quantize {SHORT['learning_rate']})",
    )
    run.add_argument(
        "--warmup-steps", type=int, help=f"({DEFAULTS.warmup_steps}, with --quantize {SHORT['warmup_steps']})"
    )
    run.add_argument(
        "--schedule", choices=SCHEDULES, help=f"of the learning rate; wsd can be made longer ({DEFAULTS.schedule})"
    )
    run.add_argument("--decay-share", type=float, help=f"last part of wsd, 0 for none yet ({DEFAULTS.decay_share})")
    run.add_argument(
        "--frozen-norm-share",
        type=float,
        help=f"last part on BatchNorm's moving statistics ({DEFAULTS.frozen_norm_share})",
    )
    run.add_argument(
        "--norm-statistics",
        choices=NORM_STATISTICS,
        help=f"of BatchNorm, of several workers: the whole batch or each one's part ({DEFAULTS.norm_statistics})",
    )
    run.add_argument("--average-decay", type=float, help=f"of the averaged weights ({DEFAULTS.average_decay})")
    run.add_argument(
        "--backbone", metavar="NPZ|RUN", help="ImageNet weights of the backbone, or another run's backbone"
    )
    run.add_argument(
        "--from", dest="start_from", metavar="RUN", help="start from another run's weights; --model may be wider"
    )
    run.add_argument(
        "--parts", type=parse_names, metavar="PART,...", help="with --from: take only these, as far as they fit"
    )
    run.add_argument(
        "--frozen-blocks",
        type=int,
        metavar="N",
        help=f"of the backbone, that stay as they are ({DEFAULTS.frozen_blocks})",
    )
    run.add_argument("--teacher", metavar="RUN", help="learn from this trained float network too (distillation)")
    run.add_argument("--temperature", type=float, help=f"of the compared classes ({DEFAULTS.temperature:g})")
    run.add_argument("--distillation", type=float, help=f"the teacher's share of the loss ({DEFAULTS.distillation})")
    run.add_argument(
        "--mixed-precision",
        choices=[kind for kind in PRECISIONS if kind],
        help="maps of 16 bits in training, for GPUs; weights stay of 32 (docs/scale.md)",
    )
    run.add_argument("--quantize", action="store_true", help="fine-tune --from RUN with the roundings of int8")
    run.add_argument("--validation-size", action=cli.ImageSizeAction, help="held-out images, S or HxW (640)")
    run.add_argument("--seed", type=int, help=f"({DEFAULTS.seed})")
    add_loss_arguments(parser.add_argument_group("what is learned", argument_default=argparse.SUPPRESS))
    add_augment_arguments(parser.add_argument_group("how samples are varied", argument_default=argparse.SUPPRESS))
    parser.add_argument("--output", type=Path, help="run folder (default runs/NAME, with --quantize RUN/quantized)")
    parser.add_argument("--resume", action="store_true", help="continue the run in --output")
    cli.add_cache_arguments(parser)
    parser.add_argument("--threads", type=int, default=0, help="of TensorFlow, in each worker; 0: all cores")
    parser.add_argument("--xla", action="store_true", help="have XLA compile the step, for GPUs (docs/scale.md)")
    parser.add_argument("--workers", type=int, default=1, help="processes that train together (%(default)s)")
    return parser.parse_args(arguments)


def parse_names(text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(filter(None, text.split(",")))


def parse_numbers(text: str) -> tuple[float, ...]:
    """Numbers with commas between them."""
    return tuple(map(float, text.split(",")))


def add_loss_arguments(group) -> None:
    """The fields of `LossConfig`."""
    loss = DEFAULTS.loss
    group.add_argument(
        "--matching",
        choices=CHOICES["matching"],
        help=f"anchors of a face: by overlap (SSD) or as many for each size (Zhang et al. 2020) ({loss.matching})",
    )
    group.add_argument(
        "--class-loss",
        choices=CHOICES["class_loss"],
        help=f"hard negatives (SSD), or all anchors with IoU as target (Li et al. 2020) ({loss.class_loss})",
    )
    group.add_argument(
        "--box-loss",
        choices=CHOICES["box_loss"],
        help="smooth L1 of codes (SSD), or 1 - IoU with penalties (Zheng et al. 2020, Zhang et al. 2022) "
        f"({loss.box_loss})",
    )
    group.add_argument("--class-weight", type=float, help=f"({_by_kind(CLASS_WEIGHTS)})")
    group.add_argument("--box-weight", type=float, help=f"({_by_kind(BOX_WEIGHTS)})")
    group.add_argument("--landmark-weight", type=float, help=f"({loss.landmark_weight})")
    group.add_argument(
        "--face-balance", type=float, help=f"0: anchors count the same, 1: faces do ({loss.face_balance})"
    )


def _by_kind(weights: dict[str, float]) -> str:
    return ", ".join(f"{kind} {weight:g}" for kind, weight in weights.items())


def add_augment_arguments(group) -> None:
    """The fields of `AugmentConfig`."""
    augment = DEFAULTS.augment
    group.add_argument(
        "--crop-scales",
        type=parse_numbers,
        metavar="S,...",
        help=f"crop / largest that fits, may be above 1 ({','.join(f'{scale:g}' for scale in augment.crop_scales)})",
    )
    group.add_argument("--zoom-out-probability", type=float, help=f"whole images ({augment.zoom_out_probability})")
    group.add_argument("--free-crop-probability", type=float, help=f"of anything ({augment.free_crop_probability})")
    group.add_argument("--mosaic-probability", type=float, help=f"four images in one ({augment.mosaic_probability})")
    group.add_argument("--grey-probability", type=float, help=f"({augment.grey_probability})")


def take_config(kind: type, arguments: dict):
    """The configuration of a dataclass from those of the arguments that are its fields, which are taken out."""
    names = {field.name for field in dataclasses.fields(kind)} & set(arguments)
    return kind(**{name: arguments.pop(name) for name in names})


def main(command_line: list[str] | None = None, program: str | None = None) -> int:
    """Parse, train, say where the result is."""
    command_line = sys.argv[1:] if command_line is None else command_line
    arguments = vars(parse_arguments(command_line, program))
    output, resume = arguments.pop("output"), arguments.pop("resume")
    cache_gb, cache_folder = arguments.pop("cache_gb"), arguments.pop("cache_folder")
    threads, workers, xla = arguments.pop("threads"), arguments.pop("workers"), arguments.pop("xla")
    changes = {name: arguments.pop(name) for name in EXTENDABLE if resume and name in arguments}
    if resume and arguments:
        given = ", ".join(f"--{name.replace('_', '-')}" for name in arguments)
        raise UserError(f"a resumed run keeps the configuration it was started with; leave out {given}.")
    if arguments.get("quantize") and "model" in arguments:
        raise UserError("--quantize takes the network of --from RUN; leave out --model.")
    if not arguments.get("teacher") and arguments.keys() & {"temperature", "distillation"}:
        raise UserError("--temperature and --distillation are of a teacher; name its run with --teacher.")
    name = arguments.pop("model", None) or default_network(arguments.get("start_from"))
    if xla and workers != 1:
        raise UserError(f"{ONE_PROCESS}; leave out --xla or --workers.")
    if resume and output is None:
        raise UserError("--resume needs --output with the folder of the run.")
    quantize = arguments.pop("quantize", False)
    loss, augment = take_config(LossConfig, arguments), take_config(AugmentConfig, arguments)
    config = TrainingConfig.of_kind(quantize, **arguments, loss=loss, augment=augment)
    network = None if quantize else read_config(name)
    folder = output or default_folder(config, name)
    kept = [f"--cache-gb={cache_gb}", f"--threads={threads}"] + (
        [f"--cache-folder={cache_folder}"] if cache_folder else []
    )
    resumed = ["--resume", f"--output={folder}", *kept]
    if workers != 1:
        return launch(workers, threads, command_line, resumed, folder)
    from ffkeras.training.launch import end_with_launcher, start_again

    end_with_launcher()
    from ffkeras.backend import tf

    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    from ffkeras.data.image_cache import make_cache
    from ffkeras.stablehlo.forms import XLA
    from ffkeras.training.joint_run import open_run
    from ffkeras.training.run import resume_run, start_run
    from ffkeras.training.workers import WorkerLost, join_workers

    logging.basicConfig(format="%(message)s")
    logging.getLogger("ffkeras").setLevel(logging.INFO)  # what the readers found, and what they missed
    cache = make_cache(cache_gb, cache_folder)

    def first():
        if xla and joined.count > 1:
            raise UserError(f"{ONE_PROCESS}; leave out --xla.")
        if resume:
            trainer = resume_run(folder, cache, changes, joined)
        else:
            trainer = start_run(network, config, folder, cache, joined)
        if xla:
            trainer.compile_step(XLA)
        return trainer

    try:
        joined = join_workers()
        with joined.watched():
            train(open_run(joined, first, cache), folder)
    except WorkerLost as error:
        print(f"another worker is gone ({error}); waiting until all of them are there", file=sys.stderr, flush=True)
        start_again(resumed if has_begun(folder) else command_line)
    return 0


def train(trainer, folder: Path) -> None:
    """Train to the end, and say where the result is."""
    first = trainer.workers.is_first
    if first:
        steps = f"{trainer.total_steps} steps"
        if trainer.workers.count > 1:
            steps += f" by {trainer.workers.count} workers"
        print(f"{trainer.model.name}: {len(trainer.source)} images, {steps}; run folder {folder}", flush=True)
    try:
        trainer.run()
    except KeyboardInterrupt:
        if first:
            print(f"stopped at step {trainer.step}; continue with: tools/train.py --resume --output {folder}")
        raise
    finally:
        tell_of_bad_pictures(trainer.bad)
    if first:
        print(f"done: {folder}")


def launch(workers: int, threads: int, command_line: list[str], resumed: list[str], folder: Path) -> int:
    """Train in several processes; returns the exit code."""
    from ffkeras.training.launch import core_count, run_workers, train_command

    if workers < 1:
        raise UserError(f"--workers is {workers}; give 1 or more.")
    if os.environ.get("TF_CONFIG"):
        raise UserError("TF_CONFIG names the workers already; leave out --workers.")
    threads = threads or max(1, core_count() // workers)
    own = ["--workers=1", f"--threads={threads}"]  # of options that are given twice the last one counts
    commands = (train_command([*arguments, *own]) for arguments in (command_line, resumed))
    return run_workers(workers, *commands, lambda: has_begun(folder))


def has_begun(folder: Path) -> bool:
    """Whether there is a run to go on with."""
    return (folder / "training.json").exists()


def tell_of_bad_pictures(bad: dict[Path, str]) -> None:
    """How many pictures went bad while the run lasted, and which."""
    if bad:
        print(f"{len(bad)} {'picture was' if len(bad) == 1 else 'pictures were'} skipped, being unreadable:")
        for sentence in list(bad.values())[:TOLD]:
            print(f"    {sentence}")


def default_network(start: str | None) -> str:
    """What is trained unless --model says otherwise: the network that the run starts from, whatever its widths."""
    return str(Path(start) / "model.json") if start else "v2_ultra"


def default_folder(config: TrainingConfig, name: str) -> Path:
    """Where a run goes unless --output says otherwise."""
    if config.quantize:
        from ffkeras.quantization.saving import QUANTIZED_FOLDER

        return Path(config.start_from) / QUANTIZED_FOLDER  # where tools/convert_tflite.py looks for it
    return Path("runs") / read_config(name).network
