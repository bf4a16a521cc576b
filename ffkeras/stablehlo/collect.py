"""What came back from the other machine, as run folders."""

from pathlib import Path

from ffkeras.errors import UserError
from ffkeras.files import write_json, write_text
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.saving import save_run
from ffkeras.stablehlo.arrays import unpack
from ffkeras.stablehlo.export import LoweredStep
from ffkeras.stablehlo.plan import LoweredRun, Plan
from ffkeras.training.run import TRAINING_FILE, make_source
from ffkeras.training.validation import HeldOutValidation


def collect_run(run: LoweredRun, plan: Plan, folder: Path, output: Path) -> FeatherFace:
    """Write one trained network as a run folder: its averaged weights, how it was trained, its losses.

    Args:
        run: of the plan.
        plan: as it was done, with the steps that it came to.
        folder: what the training wrote.
        output: the run folder.

    Returns:
        The network.

    Raises:
        UserError: results that are missing or of another network, or an output that cannot be written.
    """
    path = folder / f"{run.name}.end.npz"
    if not path.exists():
        raise UserError(f"{path} does not exist; name the folder that tools/train_lowered.py wrote with --output.")
    step = LoweredStep(run, plan)
    values = unpack(path)
    shapes = [value.shape for value in values]
    if shapes != [tuple(variable.shape) for variable in step.variables]:
        raise UserError(
            f"{path} holds the variables of another network than {run.start}; collect it with its own plan."
        )
    for variable, value in zip(step.variables, values, strict=True):
        variable.assign(value)
    step.step.average.copy_to(step.model.weights)
    save_run(step.model, output)
    write_json(output / TRAINING_FILE, plan.config_of(run).to_json())
    header = ",".join(("step", *step.step.loss.names, "learning_rate"))
    write_text(output / "steps.csv", header + "\n" + (folder / f"{run.name}.csv").read_text())
    return step.model


def held_out_precision(model: FeatherFace, plan: Plan, validation_size: tuple[int, int]) -> float:
    """Average precision on the images that were held out from the plan's data."""
    _, held_out = make_source(plan.config_of(plan.runs[0]), 0)
    return HeldOutValidation(model, held_out, validation_size).average_precision()
