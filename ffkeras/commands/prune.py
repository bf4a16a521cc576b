"""Make a trained network smaller and faster: search how much each group of filters can spare, prune softly, remove.

OUT/search/ holds the trials (trials.csv, trials.png), OUT/soft/ the training under soft pruning, OUT/removed/ the
pruned network, which is then fine-tuned with tools/train.py --from OUT/removed. Stop it at any time; --resume goes on.

Several machines search together by Keras Tuner's chief and workers: start the same command on each, with
KERASTUNER_TUNER_ID=chief on one and a name of its own on the others, and the chief's KERASTUNER_ORACLE_IP and
KERASTUNER_ORACLE_PORT on all. tools/search_local.py does so on one machine.
"""

import argparse
import logging
import sys
from pathlib import Path

from ffkeras import cli
from ffkeras.errors import UserError
from ffkeras.pruning.config import GIVEN, OBJECTIVES, SEARCH, UNIFORM, PruneConfig

DEFAULTS = {name: entry.default for name, entry in PruneConfig.__dataclass_fields__.items()}
LOG_WIDTH = 160  # characters, where the output is no terminal


def parse_rates(text: str) -> dict[str, float]:
    """Read "group=rate,group=rate". Raises UserError where it is something else."""
    rates = {}
    for part in text.split(","):
        group, _, rate = part.strip().partition("=")
        try:
            rates[group.strip()] = float(rate)
        except ValueError as error:
            raise UserError(f"--rates {text!r} cannot be read; write backbone/32=0.5,modules=0.3.") from error
    return rates


def parse_arguments(arguments: list[str] | None = None, program: str | None = None) -> argparse.Namespace:
    """The command line; options that describe the pruning are absent unless given."""
    parser = argparse.ArgumentParser(
        prog=program, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", nargs="?", metavar="RUN", help="folder of a trained network")
    parser.add_argument("--output", type=Path, metavar="OUT", help="folder of the pruning")
    parser.add_argument(
        "--map",
        action="store_true",
        help="print what can be pruned in RUN, and what --rates would leave; end",
    )
    parser.add_argument("--search-only", action="store_true", help="end when the rates are found")
    parser.add_argument("--resume", action="store_true", help="continue the pruning in --output")
    cli.add_cache_arguments(parser)
    parser.add_argument("--threads", type=int, default=0, help="of TensorFlow; 0: all cores")
    what = parser.add_argument_group("what is pruned", argument_default=argparse.SUPPRESS)
    what.add_argument(
        "--budget",
        dest="budgets",
        action="append",
        metavar="B",
        help="params=150k, macs=60M@320, arena=256KB@160x160, latency=0.8x@640, params=0.5x, "
        "instructions=60M@160x160:m7 ...; all given ones hold",
    )
    what.add_argument("--rates", metavar="GROUP=RATE,...", help="no search: these rates, 0 in groups left out")
    what.add_argument(
        "--uniform", action="store_true", help="no search: one rate for all groups that meets the budgets"
    )
    what.add_argument(
        "--align", type=int, metavar="N", help=f"widths are rounded up to multiples ({DEFAULTS['align']})"
    )
    what.add_argument("--hard", action="store_true", help="filters that were masked never return (for comparison)")
    data = parser.add_argument_group("data", argument_default=argparse.SUPPRESS)
    data.add_argument("--data", nargs="+", help="folders as tools/train.py takes them; synthetic faces without")
    data.add_argument("--synthetic-count", type=int, help=f"images of synthetic faces ({DEFAULTS['synthetic_count']})")
    data.add_argument("--image-size", action=cli.ImageSizeAction, help="training input, S or HxW (320)")
    data.add_argument("--validation-size", action=cli.ImageSizeAction, help="held-out images, S or HxW (640)")
    data.add_argument("--batch-size", type=int, help=f"({DEFAULTS['batch_size']})")
    data.add_argument("--seed", type=int, help=f"({DEFAULTS['seed']})")
    search = parser.add_argument_group("the search", argument_default=argparse.SUPPRESS)
    search.add_argument("--trials", type=int, help=f"those over a budget, untrained, too ({DEFAULTS['trials']})")
    search.add_argument("--trial-steps", type=int, help=f"training steps of a trial ({DEFAULTS['trial_steps']})")
    search.add_argument("--trial-learning-rate", type=float, help=f"({DEFAULTS['trial_learning_rate']})")
    search.add_argument("--objective", choices=OBJECTIVES, help=f"on held-out images ({DEFAULTS['objective']})")
    search.add_argument("--held-out", type=int, help=f"images of the objective, at most ({DEFAULTS['held_out']})")
    search.add_argument("--highest-rate", type=float, help=f"of any group ({DEFAULTS['highest_rate']})")
    soft = parser.add_argument_group("soft pruning", argument_default=argparse.SUPPRESS)
    soft.add_argument("--epochs", type=int, help=f"({DEFAULTS['epochs']})")
    soft.add_argument("--learning-rate", type=float, help=f"AdamW's, at its height ({DEFAULTS['learning_rate']})")
    return parser.parse_args(arguments)


def read_config(arguments: dict, run: str | None) -> PruneConfig:
    """The configuration of a new pruning. Raises UserError where options do not go together."""
    if run is None:
        raise UserError("name the run to prune: tools/prune.py RUN --budget params=150k --output OUT.")
    rates, uniform = arguments.pop("rates", None), arguments.pop("uniform", False)
    if rates and uniform:
        raise UserError("--rates and --uniform both say what to prune; give one of them.")
    rates_from = GIVEN if rates else UNIFORM if uniform else SEARCH
    return PruneConfig(run, rates_from=rates_from, rates=parse_rates(rates) if rates else {}, **arguments)


def main(command_line: list[str] | None = None, program: str | None = None) -> None:
    """Parse, prune, say where the result is."""
    arguments = vars(parse_arguments(command_line, program))
    run, output, resume = (arguments.pop(name) for name in ("run", "output", "resume"))
    print_map, search_only = arguments.pop("map"), arguments.pop("search_only")
    cache_gb, cache_folder = arguments.pop("cache_gb"), arguments.pop("cache_folder")
    threads = arguments.pop("threads")
    if print_map and run is None:
        raise UserError("--map takes the run whose map it prints: tools/prune.py RUN --map.")
    if resume and (arguments or run):
        given = ", ".join([*(["RUN"] if run else []), *(f"--{name.replace('_', '-')}" for name in arguments)])
        raise UserError(f"a resumed pruning keeps what it was started with; leave out {given}.")
    if output is None and not print_map:
        raise UserError("name the folder of the pruning with --output.")
    only_map = print_map and not arguments
    config = None if resume or only_map else read_config(arguments, run)
    if print_map and config and config.rates_from == SEARCH:
        raise UserError("--map shows what rates would leave; give them with --rates, or --uniform with a --budget.")

    from ffkeras.backend import tf

    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    from rich.console import Console

    console = Console() if sys.stdout.isatty() else Console(width=LOG_WIDTH)
    if print_map:
        from ffkeras.pruning import preview

        if only_map:
            preview.print_map(run, console)
        else:
            preview.print_preview(config, console)
        return
    tf.get_logger().setLevel(logging.ERROR)  # every conversion traces anew, which is no fault
    logging.basicConfig(format="%(message)s")
    logging.getLogger("ffkeras").setLevel(logging.INFO)  # what the readers found, and what they missed
    from ffkeras.data.image_cache import make_cache
    from ffkeras.pruning.pipeline import REMOVED_FOLDER, PruningRun, resume_pruning, start_pruning

    config = resume_pruning(output) if resume else start_pruning(config, output)
    run = PruningRun(config, output, make_cache(cache_gb, cache_folder), console)
    try:
        rates = run.find_rates()
        if rates is None:
            print("no trial is left; the chief goes on")
            return
        console.print(run.map.table(run.measures.widths(rates)))
        print("rates: " + ",".join(f"{group}={rate:g}" for group, rate in rates.items()))
        if search_only:
            return
        result = run.compare(rates, *run.prune_softly(rates))
    except KeyboardInterrupt:
        print(f"stopped; continue with: tools/prune.py --resume --output {output}")
        raise
    console.print(result.table(run.measures.budgets))
    print(f"fine-tune it with: tools/train.py --from {output / REMOVED_FOLDER} --teacher {config.run} --output ...")
