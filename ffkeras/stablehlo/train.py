"""Training lowered networks side by side with JAX: every batch is made once, taught once, and shown to all."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jax
import numpy as np

from ffkeras.files import write_bytes, write_text
from ffkeras.progress import training_progress
from ffkeras.stablehlo.arrays import pack, unpack
from ffkeras.stablehlo.batches import Batch, BatchMaker
from ffkeras.stablehlo.executable import Executable, to_device
from ffkeras.stablehlo.plan import LoweredRun, Plan

LEARNING_RATE = 0  # index of the variable that is set before each step
STEPS_PER_LOG_ROW = 20
BATCHES_IN_FLIGHT = 4  # more would only hold memory on the device
MEASURED_STEPS = (20, 100)  # between these the pace is measured; all of them are in the warm-up
RESERVE = 0.96  # of the time that is left, in case the pace slackens


class RunState:
    """One network while it is trained.

    Args:
        run: what is trained.
        folder: of the lowered training.
        steps: of all networks, by name.
    """

    def __init__(self, run: LoweredRun, folder: Path, steps: dict[str, Executable]):
        self.name = run.name
        self.steps = [steps[name] for name in run.steps]
        self.variables = to_device(unpack(folder / f"{run.name}.start.npz"))
        self.losses: list = []  # since the last row

    def train(self, encoded: list, learning_rate: float, frozen_norm: bool) -> None:
        """Do a step on an encoded batch."""
        self.variables[LEARNING_RATE] = jax.device_put(np.float32(learning_rate))
        losses, self.variables = self.steps[frozen_norm](encoded, self.variables)
        self.losses += losses

    def take_losses(self) -> np.ndarray:
        """The means since the last call."""
        means = np.mean([np.asarray(losses) for losses in self.losses], axis=0)
        self.losses = []
        return means


def compile_all(plan: Plan, folder: Path, encode: str) -> dict[str, Executable]:
    """All functions of a plan, compiled at the same time."""
    names = sorted({encode, *(name for run in plan.runs for name in run.steps)})
    with ThreadPoolExecutor() as pool:
        return dict(zip(names, pool.map(lambda name: Executable(folder, name), names), strict=True))


class LoweredTraining:
    """The training of a plan.

    Args:
        plan: what is trained.
        folder: of the lowered training.
        output: folder for what comes out: plan.json as it was done, NAME.end.npz, the variables of a run at the end,
            and NAME.csv, its losses.
        processes: that make batches.
        seconds: for everything, data and compilation too; the steps that fit are counted when the first ones have
            shown how long they take, so that the learning rate comes to its end. None for all steps of the plan.
    """

    def __init__(self, plan: Plan, folder: Path, output: Path, processes: int, seconds: float | None = None):
        self.plan, self.folder, self.output = plan, folder, output
        self.processes, self.seconds = processes, seconds

    def run(self) -> None:
        """Compile, train, write. Raises UserError for unreadable images and outputs that cannot be written."""
        start = time.monotonic()
        with BatchMaker(self.plan, self.processes) as batches:
            self._train(batches, start)

    def _train(self, batches: BatchMaker, start: float) -> None:
        functions = compile_all(self.plan, self.folder, "encode")
        print(f"compiled after {time.monotonic() - start:.0f} s", flush=True)
        runs = [RunState(run, self.folder, functions) for run in self.plan.runs]
        rows: dict[str, list[str]] = {run.name: [] for run in runs}
        began = time.monotonic()
        with training_progress() as bar:
            task = bar.add_task("training", total=self.plan.training.steps, loss="")
            for step, batch in enumerate(batches):
                self._step(step, batch, functions["encode"], runs)
                if (step + 1) % STEPS_PER_LOG_ROW == 0:
                    self._log(step + 1, runs, rows)
                    bar.update(task, completed=step + 1, loss=rows[runs[0].name][-1][:24])
                if self.seconds is not None:
                    now = time.monotonic()
                    if step + 1 == MEASURED_STEPS[0]:
                        mark = now
                    elif step + 1 == MEASURED_STEPS[1]:
                        self._fit(now, now - mark, start + self.seconds)
                        bar.update(task, total=self.plan.training.steps)
                    elif now > start + self.seconds:
                        print(f"out of time after step {step + 1} of {self.plan.training.steps}", flush=True)
                        break
                if step + 1 == self.plan.training.steps:
                    break
        seconds = time.monotonic() - began
        images = (step + 1) * self.plan.training.batch_size
        pace = images / seconds
        print(f"{step + 1} steps, {images} images, {seconds:.0f} s: {pace:.0f} images/s for each of {len(runs)}")
        self.plan.write(self.output)
        for run in runs:
            write_bytes(self.output / f"{run.name}.end.npz", pack([np.asarray(value) for value in run.variables]))
            write_text(self.output / f"{run.name}.csv", "\n".join(rows[run.name]) + "\n")

    def _fit(self, now: float, measured: float, end: float) -> None:
        """Make the plan as long as the time that is left."""
        pace = measured / (MEASURED_STEPS[1] - MEASURED_STEPS[0])
        steps = min(self.plan.training.steps, MEASURED_STEPS[1] + int(RESERVE * (end - now) / pace))
        self.plan = self.plan.with_steps(steps)
        print(f"{pace * 1000:.1f} ms a step: {steps} steps", flush=True)

    def _step(self, step: int, batch: Batch, encode: Executable, runs: list[RunState]) -> None:
        encoded, _ = encode(to_device(batch), [])
        schedule = self.plan.schedule
        for run in runs:
            run.train(encoded, schedule.rate_at(step), schedule.is_frozen_at(step))
        if step % BATCHES_IN_FLIGHT == 0:
            runs[-1].losses[-1].block_until_ready()

    def _log(self, step: int, runs: list[RunState], rows: dict[str, list[str]]) -> None:
        rate = self.plan.schedule.rate_at(step - 1)
        for run in runs:
            rows[run.name].append(",".join(map(str, (step, *run.take_losses().tolist(), rate))))
