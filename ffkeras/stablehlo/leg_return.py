"""A leg that was done elsewhere, taken back into its run."""

from pathlib import Path

from ffkeras.errors import UserError
from ffkeras.stablehlo.leg import Leg, LegResult
from ffkeras.stablehlo.leg_pack import leg_variables, state_digest
from ffkeras.stablehlo.state import unpack_state
from ffkeras.training.checkpoint import RunCheckpoint
from ffkeras.training.trainer import Trainer


def take_back_leg(trainer: Trainer, folder: Path, result: Path) -> int:
    """Bring a run to where a leg has come; returns its step. A leg that was stopped is taken as far as it is.

    Args:
        trainer: of the run, as `resume_run` opened it.
        folder: of the leg.
        result: the file that came back.

    Raises:
        UserError: the result is damaged or of another leg, or the run is not where the leg began.
    """
    leg, done = Leg.read(folder), LegResult.read(result)
    if done.digest != leg.digest:
        raise UserError(f"{result} is not of the leg in {folder}; name the leg that it was run for.")
    if RunCheckpoint.exists(trainer.folder):
        trainer.checkpoint.restore()
    variables = leg_variables(trainer)
    if trainer.step != leg.first_step or state_digest([variable.numpy() for variable in variables]) != leg.digest:
        raise UserError(
            f"{trainer.folder} is at step {trainer.step}, not in the state of step {leg.first_step} from which the leg "
            "was packed; pack another one."
        )
    try:
        values = unpack_state(done.state, leg)
    except ValueError as error:
        raise UserError(f"{result} holds {error}; bring it back again.") from error

    def assign() -> None:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    trainer.take_over(assign, done.losses)
    return trainer.step
