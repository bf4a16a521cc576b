"""The steps of a leg, done by JAX: many in one call, the state packed into a few arrays between calls."""

import dataclasses
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from ffkeras.errors import UserError
from ffkeras.progress import training_progress
from ffkeras.stablehlo.arrays import unpack
from ffkeras.stablehlo.batches import Batch, BatchMaker
from ffkeras.stablehlo.executable import LoweredFunction, to_device
from ffkeras.stablehlo.leg import (
    RESULT_FILE,
    SCHEDULE_FILE,
    STATE_FILE,
    STEPS,
    Leg,
    LegResult,
    LegSource,
    check_pieces,
)
from ffkeras.stablehlo.state import pack_state, unpack_state
from ffkeras.training.interrupt import StopRequest, stop_requests

SECONDS_BETWEEN_RESULTS = 60.0


class PackedSteps:
    """The step of a leg as a function of a packed state and several batches.

    Args:
        leg: what it is of.
        folder: of the leg.
        name: of the step.
    """

    def __init__(self, leg: Leg, folder: Path, name: str):
        self.leg, self._function = leg, LoweredFunction(folder, name)
        self._constants = to_device(self._function.constants)
        self._many = jax.jit(self._scan, donate_argnums=0)

    def __call__(self, state: dict, batches: Batch, rates: np.ndarray) -> tuple[dict, jax.Array]:
        """Do as many steps as there are batches.

        Args:
            state: packed, on the device; gone afterwards.
            batches: arrays as `layout` tells, each with the steps as its first axis.
            rates: float32 [steps], learning rates.

        Returns:
            The state afterwards, and the losses, float32 [steps, names].
        """
        return self._many(state, batches, rates, self._constants)

    def _scan(self, state: dict, batches: Batch, rates, constants: list):
        def one(variables: list, inputs: tuple) -> tuple[list, jax.Array]:
            batch, rate = inputs
            return self._function.step(variables, rate, list(batch), constants)

        variables, losses = jax.lax.scan(one, unpack_state(state, self.leg), (batches, rates))
        return pack_state(variables, jnp.concatenate), losses


class LegRun:
    """A leg while it is done.

    Args:
        folder: of the leg.
        output: folder for `result.npz`; one that is there is gone on with.
        processes: that make batches.
        steps_per_call: of the packed step.
        cache_bytes: memory for decoded images.
    """

    def __init__(self, folder: Path, output: Path, processes: int, steps_per_call: int, cache_bytes: int):
        check_pieces(folder)
        self.leg, self.folder, self.path = Leg.read(folder), folder, output / RESULT_FILE
        self.processes, self.steps_per_call, self.cache_bytes = processes, steps_per_call, cache_bytes
        self.rates, self.frozen = unpack(folder / SCHEDULE_FILE)

    def run(self) -> LegResult:
        """Do what is left, and write the result.

        Raises:
            UserError: a damaged picture, losses that are not finite, or a result of another leg.
            KeyboardInterrupt: after the result so far has been written.
        """
        result = self._so_far()
        done = len(result.losses)
        if done == self.leg.steps:
            return result
        rest = dataclasses.replace(self.leg, first_step=self.leg.first_step + done)
        with BatchMaker(rest, self.processes, self._source) as batches, stop_requests() as stop:
            return self._train(result, iter(batches), stop)

    def _so_far(self) -> LegResult:
        if self.path.exists():
            result = LegResult.read(self.path)
            if result.digest != self.leg.digest:
                raise UserError(f"{self.path} is of another leg; name another --output.")
            return result
        kinds = sorted(set(self.leg.types))
        state = dict(zip(kinds, unpack(self.folder / STATE_FILE), strict=True))
        return LegResult(self.leg.digest, state, np.zeros((0, len(self.leg.losses)), np.float32))

    def _source(self, leg: Leg, threads: int) -> LegSource:
        source = LegSource(self.folder, leg.count, self.cache_bytes)
        source.decode_all(threads)
        return source

    def _train(self, result: LegResult, batches: Iterator[Batch], stop: StopRequest) -> LegResult:
        state = {kind: jax.device_put(vector) for kind, vector in result.state.items()}
        done, losses = len(result.losses), [result.losses]
        steps: dict[bool, PackedSteps] = {}
        began, before, written = time.monotonic(), done, time.monotonic()
        with training_progress() as bar:
            task = bar.add_task("training", total=self.leg.steps, completed=done, loss="compiling")
            for frozen, count in self._calls(done):
                if frozen not in steps:
                    steps[frozen] = PackedSteps(self.leg, self.folder, STEPS[frozen])
                stacked = tuple(map(np.stack, zip(*itertools.islice(batches, count), strict=True)))
                state, told = steps[frozen](state, stacked, self.rates[done : done + count])
                losses.append(np.asarray(told))
                done += count
                self._check(losses[-1], done)
                bar.update(task, completed=done, loss=f"loss {losses[-1][-1, 0]:.3f}")
                ends = stop.asked or done == self.leg.steps
                if ends or time.monotonic() > written + SECONDS_BETWEEN_RESULTS:
                    result = LegResult(self.leg.digest, jax.device_get(state), np.concatenate(losses))
                    result.write(self.path)
                    written = time.monotonic()
                if stop.asked:
                    raise KeyboardInterrupt
        images, seconds = (done - before) * self.leg.training.batch_size, time.monotonic() - began
        pace = f"{images / seconds:.1f} images/s"
        print(f"{done - before} steps, {images} images, {seconds:.0f} s with compilation: {pace}")
        return result

    def _calls(self, done: int) -> Iterator[tuple[bool, int]]:
        """Whether statistics are frozen, and the number of steps, of each call; a call's steps are of one kind."""
        while done < self.leg.steps:
            kind = bool(self.frozen[done])
            same = self.frozen[done : done + self.steps_per_call] == kind
            count = len(same) if same.all() else int(np.argmin(same))
            yield kind, count
            done += count

    def _check(self, losses: np.ndarray, done: int) -> None:
        if not np.isfinite(losses).all():
            raise UserError(
                f"a loss is not finite before step {self.leg.first_step + done}; what was written before that is kept."
            )
