#!/usr/bin/env python3
"""Train a face detector on labelled images, or on synthetic faces where no --data is given.

A run folder is written: model.json and model.weights.h5 (averaged weights), training.json, steps.csv, epochs.csv,
tensorboard/ and checkpoint/. With --quantize --from RUN a trained network learns to live with int8's roundings, and
quantized.weights.npz takes the place of model.weights.h5. Stop it at any time; --resume continues as if it had never
stopped.
"""

import argparse
import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli  # noqa: E402
from ffkeras.errors import UserError  # noqa: E402
from ffkeras.models.config import NETWORKS, read_config  # noqa: E402
from ffkeras.training.config import QUANTIZE_DEFAULTS as SHORT  # noqa: E402
from ffkeras.training.config import TrainingConfig  # noqa: E402

DEFAULTS = TrainingConfig()
GIGABYTE = 1 << 30


def parse_arguments() -> argparse.Namespace:
    """The command line; options that describe the run are absent unless given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    run = parser.add_argument_group("the run", argument_default=argparse.SUPPRESS)
    run.add_argument(
        "--model", metavar="NAME|JSON", help=f"{', '.join(NETWORKS)}, or its JSON (v2_ultra; with --from RUN's)"
    )
    run.add_argument("--data", nargs="+", help="folders: WIDER FACE or with a label.txt; named twice, counts twice")
    run.add_argument("--synthetic-count", type=int, help=f"images of synthetic faces ({DEFAULTS.synthetic_count})")
    run.add_argument("--image-size", action=cli.ImageSizeAction, help="training input, S or HxW (320)")
    run.add_argument("--batch-size", type=int, help=f"({DEFAULTS.batch_size})")
    run.add_argument("--epochs", type=int, help=f"({DEFAULTS.epochs}, with --quantize {SHORT['epochs']})")
    run.add_argument(
        "--learning-rate",
        type=float,
        help=f"AdamW's, at its height ({DEFAULTS.learning_rate}, with --quantize {SHORT['learning_rate']})",
    )
    run.add_argument(
        "--warmup-steps", type=int, help=f"({DEFAULTS.warmup_steps}, with --quantize {SHORT['warmup_steps']})"
    )
    run.add_argument("--frozen-norm-share", type=float, help=f"last part ({DEFAULTS.frozen_norm_share})")
    run.add_argument("--backbone", metavar="NPZ", help="ImageNet weights of the backbone")
    run.add_argument("--from", dest="start_from", metavar="RUN", help="start from the weights of another run")
    run.add_argument("--teacher", metavar="RUN", help="learn from this trained float network too (distillation)")
    run.add_argument("--temperature", type=float, help=f"of the compared classes ({DEFAULTS.temperature:g})")
    run.add_argument("--distillation", type=float, help=f"the teacher's share of the loss ({DEFAULTS.distillation})")
    run.add_argument("--quantize", action="store_true", help="fine-tune --from RUN with the roundings of int8")
    run.add_argument("--validation-size", action=cli.ImageSizeAction, help="held-out images, S or HxW (640)")
    run.add_argument("--seed", type=int, help=f"({DEFAULTS.seed})")
    parser.add_argument("--output", type=Path, help="run folder (default runs/NAME, with --quantize RUN/quantized)")
    parser.add_argument("--resume", action="store_true", help="continue the run in --output")
    parser.add_argument("--cache-gb", type=float, default=6.5, help="memory for decoded images (%(default)s)")
    parser.add_argument("--threads", type=int, default=0, help="of TensorFlow; 0: all cores")
    return parser.parse_args()


def main() -> None:
    """Parse, train, say where the result is."""
    arguments = vars(parse_arguments())
    output, resume = arguments.pop("output"), arguments.pop("resume")
    cache_bytes, threads = int(arguments.pop("cache_gb") * GIGABYTE), arguments.pop("threads")
    if resume and arguments:
        given = ", ".join(f"--{name.replace('_', '-')}" for name in arguments)
        raise UserError(f"a resumed run keeps the configuration it was started with; leave out {given}.")
    if arguments.get("quantize") and "model" in arguments:
        raise UserError("--quantize takes the network of --from RUN; leave out --model.")
    if not arguments.get("teacher") and arguments.keys() & {"temperature", "distillation"}:
        raise UserError("--temperature and --distillation are of a teacher; name its run with --teacher.")
    name = arguments.pop("model", None) or default_network(arguments.get("start_from"))
    if resume and output is None:
        raise UserError("--resume needs --output with the folder of the run.")
    quantize = arguments.pop("quantize", False)
    config = TrainingConfig.of_kind(quantize, **arguments)
    network = None if quantize else read_config(name)

    from ffkeras.backend import tf

    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    from ffkeras.training.run import resume_run, start_run

    folder = output or default_folder(config, name)
    logging.basicConfig(format="%(message)s")
    logging.getLogger("ffkeras").setLevel(logging.INFO)  # what the readers found, and what they missed

    trainer = resume_run(folder, cache_bytes) if resume else start_run(network, config, folder, cache_bytes)
    print(f"{trainer.model.name}: {len(trainer.source)} images, {trainer.total_steps} steps; run folder {folder}")
    try:
        trainer.run()
    except KeyboardInterrupt:
        print(f"stopped at step {trainer.step}; continue with: tools/train.py --resume --output {folder}")
        raise
    print(f"done: {folder}")


def default_network(start: str | None) -> str:
    """What is trained unless --model says otherwise: the network that the run starts from, whatever its widths."""
    return str(Path(start) / "model.json") if start else "v2_ultra"


def default_folder(config: TrainingConfig, name: str) -> Path:
    """Where a run goes unless --output says otherwise."""
    if config.quantize:
        from ffkeras.quantization.saving import QUANTIZED_FOLDER

        return Path(config.start_from) / QUANTIZED_FOLDER  # where tools/convert_tflite.py looks for it
    return Path("runs") / read_config(name).network


if __name__ == "__main__":
    cli.run(main)
