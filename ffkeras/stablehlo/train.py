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
from ffkeras.stablehlo.executable import Executable, PackedStep, to_device
from ffkeras.stablehlo.plan import LoweredRun, Plan
from ffkeras.stablehlo.state import StateLayout, pack_state, unpack_state

STEPS_PER_LOG_ROW = 20
BATCHES_IN_FLIGHT = 4  # more would only hold memory on the device
MEASURED_STEPS = (20, 100)  # between these the pace is measured; all of them are in the warm-up
RESERVE = 0.96  # of the time that is left, in case the pace slackens


class RunState:
    """One network while it is trained.

    Args:
        run: what is trained.
        folder: of the lowered training.

    Attributes:
        layout: of its state.
        steps: compiled, on batch statistics and on moving ones; to be set before training.
    """

    def __init__(self, run: LoweredRun, folder: Path):
        self.name, self.names = run.name, run.steps
        variables = unpack(folder / f"{run.name}.start.npz")
        self.layout = StateLayout.of(variables)
        self._state = {kind: jax.device_put(vector) for kind, vector in pack_state(variables).items()}
        self.steps: list[PackedStep] = []
        self.losses: list = []  # since the last row

    def train(self, encoded: list, learning_rate: float, frozen_norm: bool) -> None:
        """Do a step on an encoded batch."""
        self._state, losses = self.steps[frozen_norm](self._state, learning_rate, encoded)
        self.losses.append(losses)

    def take_losses(self) -> np.ndarray:
        """The means since the last call."""
        means = np.mean([np.asarray(losses) for losses in self.losses], axis=0)
        self.losses = []
        return means

    def variables(self) -> list[np.ndarray]:
        """All that the steps change, as it is now."""
        return unpack_state(jax.device_get(self._state), self.layout)


def compile_all(folder: Path, encode: str, runs: list[RunState]) -> Executable:
    """Give the runs their steps, and give back the encoding; all are compiled at the same time."""
    layouts = {name: run.layout for run in runs for name in run.names}  # runs of one network share their steps
    with ThreadPoolExecutor() as pool:
        encoding = pool.submit(Executable, folder, encode)
        steps = {name: pool.submit(PackedStep, folder, name, layout) for name, layout in layouts.items()}
        for run in runs:
            run.steps = [steps[name].result() for name in run.names]
        return encoding.result()


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
        runs = [RunState(run, self.folder) for run in self.plan.runs]
        encode = compile_all(self.folder, "encode", runs)
        print(f"compiled after {time.monotonic() - start:.0f} s", flush=True)
        rows: dict[str, list[str]] = {run.name: [] for run in runs}
        began = time.monotonic()
        with training_progress() as bar:
            task = bar.add_task("training", total=self.plan.training.steps, loss="")
            for step, batch in enumerate(batches):
                self._step(step, batch, encode, runs)
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
            write_bytes(self.output / f"{run.name}.end.npz", pack(run.variables()))
            write_text(self.output / f"{run.name}.csv", "\n".join(rows[run.name]) + "\n")

    def _fit(self, now: float, measured: float, end: float) -> None:
        """Make the plan as long as the time that is left."""
        pace = measured / (MEASURED_STEPS[1] - MEASURED_STEPS[0])
        steps = min(self.plan.training.steps, MEASURED_STEPS[1] + int(RESERVE * (end - now) / pace))
        self.plan = self.plan.with_steps(steps)
        print(f"{pace * 1000:.1f} ms a step: {steps} steps", flush=True)

    def _step(self, step: int, batch: Batch, encode: Executable, runs: list[RunState]) -> None:
        encoded = encode(to_device(batch))
        schedule = self.plan.schedule
        for run in runs:
            run.train(encoded, schedule.rate_at(step), schedule.is_frozen_at(step))
        if step % BATCHES_IN_FLIGHT == 0:
            runs[-1].losses[-1].block_until_ready()

    def _log(self, step: int, runs: list[RunState], rows: dict[str, list[str]]) -> None:
        rate = self.plan.schedule.rate_at(step - 1)
        for run in runs:
            rows[run.name].append(",".join(map(str, (step, *run.take_losses().tolist(), rate))))
