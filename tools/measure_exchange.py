#!/usr/bin/env python3
"""Print what it costs several workers of this machine to train a network together, without training it.

    tools/measure_exchange.py --model tflite/models/nano_b_fast/model.json --workers 2

Processor time is that of one worker; the time that goes by counts where nothing else runs on the machine.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli
from ffkeras.errors import UserError

THOUSAND = 1000


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", metavar="NAME|JSON", default="v2_ultra", help="a network (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="of this machine (%(default)s)")
    options = parser.parse_args()
    if options.workers < 1:
        raise UserError(f"--workers is {options.workers}; give 1 or more.")
    return options


def main() -> int:
    """Start the workers, or be one of them."""
    options = parse_arguments()
    from ffkeras.models.config import read_config
    from ffkeras.training.launch import end_with_launcher, run_workers

    network = read_config(options.model)
    if not os.environ.get("TF_CONFIG"):
        command = [sys.executable, *sys.argv]
        return run_workers(options.workers, command, command, lambda: False)
    end_with_launcher()
    from ffkeras.backend import tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    from ffkeras.models.build import build_model
    from ffkeras.training.exchange import OF_A_LAYER, OTHERS, SMALL, measure_exchange, norm_layers
    from ffkeras.training.workers import join_workers

    workers = join_workers()
    model = build_model(network)
    weights = sum(variable.shape.num_elements() for variable in model.trainable_variables)
    small, large = measure_exchange(workers, SMALL), measure_exchange(workers, weights)
    if not workers.is_first:
        return 0
    norms, rest = OF_A_LAYER * norm_layers(model), OTHERS - 1
    print(f"{options.model}: {norm_layers(model)} BatchNorms, {weights:,} weights; {workers.count} workers")
    for name, cost in ((f"{SMALL} numbers", small), ("all weights", large)):
        print(
            f"{name}: {cost.processor * THOUSAND:.2f} ms of the processor, {cost.wall * THOUSAND:.2f} ms by the clock"
        )
    for name, count in (("of the whole batch", norms + rest), ("of each worker's part", rest + 1)):
        processor, wall = (
            THOUSAND * (count * getattr(small, kind) + getattr(large, kind)) for kind in ("processor", "wall")
        )
        print(f"a step, statistics {name}: {count + 1} exchanges, {processor:.0f} ms of the processor, {wall:.0f} ms")
    return 0


if __name__ == "__main__":
    cli.run(main)
