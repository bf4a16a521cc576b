"""A run that several workers do: the first one opens it, the others follow."""

from collections.abc import Callable

from ffkeras.data.image_cache import Cache
from ffkeras.errors import UserError
from ffkeras.models import config_from_json, config_to_json
from ffkeras.training.config import TrainingConfig
from ffkeras.training.run import follow_run
from ffkeras.training.trainer import Trainer
from ffkeras.training.workers import Workers

WHERE = "what the first worker told"


def open_run(workers: Workers, first: Callable[[], Trainer], cache: Cache | None) -> Trainer:
    """This worker's trainer of a run, when all of them are ready.

    Args:
        workers: that do it; one alone just opens it.
        first: opens the run; only the first worker calls it. The others' command lines say nothing of the run.
        cache: reads this worker's images.

    Raises:
        UserError: in all workers, where one of them cannot take part.
    """
    trainer = _tell(workers, first) if workers.is_first else _follow(workers, cache)
    if workers.any(False):
        raise UserError("another worker cannot take part in the run; it has said why.")
    return trainer


def _tell(workers: Workers, first: Callable[[], Trainer]) -> Trainer:
    try:
        trainer = first()
    except UserError as error:
        workers.tell({"error": str(error)})
        raise
    workers.tell({"network": config_to_json(trainer.model.config), "config": trainer.config.to_json()})
    return trainer


def _follow(workers: Workers, cache: Cache | None) -> Trainer:
    told = workers.tell()
    if "error" in told:
        raise UserError(told["error"])
    try:
        network = config_from_json(told["network"], WHERE)
        return follow_run(network, TrainingConfig.from_json(told["config"], WHERE), cache, workers)
    except UserError:
        workers.any(True)
        raise
