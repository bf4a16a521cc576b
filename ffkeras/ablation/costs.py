"""What each row costs: parameters, multiplications, int8 bytes and time, time of training.

Shapes decide all of it, so that it is measured with random weights, before anything is trained. Times are of the
processor, on one thread, and taken in turns with the documented network, so that what else the machine does hits both.
"""

import dataclasses
import gc
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ffkeras.ablation.plan import FILES, Plan
from ffkeras.ablation.rows import Rows
from ffkeras.errors import UserError
from ffkeras.files import checksum, read_json, write_bytes, write_json
from ffkeras.models.config import NetworkConfig, config_to_json

COSTS_FILE, LATENCY_FILE = "costs.json", "latency.json"
LATENCY_ROUNDS = 15
STEPS, STEP_ROUNDS, WARM_UP_STEPS = 2, 5, 2  # of training, in turns


@dataclass(frozen=True)
class Cost:
    """What is counted and timed of one row. What is not known yet is None.

    Args:
        parameters: trainable ones.
        macs: multiply-accumulates for one image.
        file_bytes: of the int8 file; 0 where int8 cannot express the network.
        step_ratio: processor time of a training step / that of the documented network.
        steps_per_second: training steps in a second of one processor, one batch repeated.
    """

    parameters: int | None = None
    macs: int | None = None
    file_bytes: int | None = None
    step_ratio: float | None = None
    steps_per_second: float | None = None


@dataclass(frozen=True)
class Latency:
    """Invoke time of an int8 file as a share of the documented network's in the same run.

    Args:
        ratio: median over rounds.
        low, high: its quartiles.
        milliseconds: median, on the machine of the run.
        file: CRC-32 of the file that was timed.
    """

    ratio: float
    low: float
    high: float
    milliseconds: float
    file: str


class Costs:
    """The costs in an ablation's folder, measured once.

    Args:
        folder: of the ablation.
        image_size: (height, width) of the network input in pixels.
    """

    def __init__(self, folder: Path, image_size: tuple[int, int]):
        self.folder, self.image_size = folder, tuple(image_size)
        self._path = folder / COSTS_FILE
        self._entries: dict[str, dict] = read_json(self._path) if self._path.exists() else {}
        path = folder / LATENCY_FILE
        self.latency_run: dict = read_json(path) if path.exists() else {}

    def cost(self, row: str, network: NetworkConfig) -> Cost:
        """What is known of a row."""
        entry = self._entries.get(row, {})
        return Cost(**entry["cost"]) if entry.get("of") == self._identity(network) else Cost()

    def latency(self, row: str) -> Latency | None:
        """A row's time in the one run, None where it was not part of it."""
        values = self.latency_run.get("rows", {}).get(row)
        known = values is not None and self.latency_run.get("image_size") == list(self.image_size)
        return Latency(**values) if known else None

    def file(self, row: str) -> Path:
        """The int8 file of a row, with random weights."""
        return self.folder / FILES / f"{row}_int8.tflite"

    def count(self, row: str, network: NetworkConfig, convert: bool = True) -> Cost:
        """Count a row's parameters and multiplications and convert it to int8, as far as that is not known."""
        known = self.cost(row, network)
        if known.parameters is not None and (known.file_bytes is not None or not convert):
            return known
        from ffkeras.backend import keras
        from ffkeras.models.build import build_model
        from ffkeras.models.describe import describe

        keras.utils.set_random_seed(0)
        model = build_model(network)
        description = describe(model, self.image_size)
        known = dataclasses.replace(known, parameters=description.parameters, macs=description.macs)
        if convert:
            known = dataclasses.replace(known, file_bytes=self._convert(row, model))
        self._keep(row, network, known)
        keras.backend.clear_session()
        gc.collect()
        return known

    def _convert(self, row: str, model) -> int:
        from ffkeras.pruning.quick_file import convert_quickly

        try:
            data = convert_quickly(model, self.image_size, xnnpack_passes=True)
        except UserError:  # int8 cannot express it
            return 0
        write_bytes(self.file(row), data)
        return len(data)

    def time_latency(self, roots: Mapping[str, str], networks: Mapping[str, NetworkConfig]) -> bool:
        """Time the int8 files of all rows in turns in one run, unless the last run timed these files.

        Args:
            roots: row -> the documented network's row that it is compared with, which is among the rows too.
            networks: row -> its network.

        Returns:
            Whether anything was measured.

        Raises:
            KeyboardInterrupt: before all rounds were done.
        """
        rows = [row for row in roots if self.cost(row, networks[row]).file_bytes and self.file(row).exists()]
        files = {row: checksum(self.file(row)) for row in rows}
        present = {row: self.latency(row) for row in rows}
        if all(entry is not None and entry.file == files[row] for row, entry in present.items()):
            return False
        import numpy as np

        from ffkeras.benchmark.machine import describe_machine
        from ffkeras.benchmark.measure import measure
        from ffkeras.benchmark.subject import read_subject
        from ffkeras.benchmark.summary import ratios, spread

        machine = describe_machine()
        image = np.random.default_rng(0).integers(0, 256, (*self.image_size, 3), dtype=np.uint8)
        subjects = [read_subject(self.file(row)) for row in rows]
        series, complete = measure(subjects, [1], image, LATENCY_ROUNDS, clock=time.thread_time)
        if not complete:
            raise KeyboardInterrupt
        times = {row: [stages.invoke for stages in one.rounds] for row, one in zip(rows, series, strict=True)}
        timed = {}
        for row in rows:
            # The documented V1 has no int8 file: its family is then timed against the first one that has.
            root = roots[row] if roots[row] in times else next(other for other in rows if roots[other] == roots[row])
            ratio = ratios(times[row], times[root])
            timed[row] = Latency(ratio.median, ratio.low, ratio.high, spread(times[row]).median, files[row])
        self.latency_run = {
            "machine": machine,
            "image_size": list(self.image_size),
            "rounds": LATENCY_ROUNDS,
            "rows": {row: dataclasses.asdict(entry) for row, entry in timed.items()},
        }
        write_json(self.folder / LATENCY_FILE, self.latency_run)
        return True

    def time_steps(self, row: str, root: str, networks: Mapping[str, NetworkConfig], arguments: "StepSize") -> Cost:
        """Time a row's training steps in turns with those of the documented network, unless that is known."""
        known = self.cost(row, networks[row])
        if known.step_ratio is not None:
            return known
        from ffkeras.backend import keras

        steps = [_training_step(networks[name], arguments) for name in dict.fromkeys((row, root))]
        taken = _processor_times(steps)
        ours, theirs = taken[0], taken[-1]
        from ffkeras.benchmark.summary import ratios, spread

        known = dataclasses.replace(
            known, step_ratio=ratios(ours, theirs).median, steps_per_second=1 / spread(ours).median
        )
        self._keep(row, networks[row], known)
        del steps
        keras.backend.clear_session()
        gc.collect()
        return known

    def _identity(self, network: NetworkConfig) -> dict:
        """What the costs of a row depend on, as JSON gives it back."""
        return json.loads(json.dumps({"network": config_to_json(network), "image_size": self.image_size}))

    def _keep(self, row: str, network: NetworkConfig, cost: Cost) -> None:
        self._entries[row] = {"of": self._identity(network), "cost": dataclasses.asdict(cost)}
        write_json(self._path, self._entries)


@dataclass(frozen=True)
class StepSize:
    """Of a training step that is timed.

    Args:
        image_size: (height, width) of the training input in pixels.
        batch_size: images in it.
    """

    image_size: tuple[int, int]
    batch_size: int


def _training_step(network: NetworkConfig, size: StepSize) -> Callable[[], None]:
    """A function that does one training step on drawn faces, always on the same batch."""
    from ffkeras.training.config import TrainingConfig
    from ffkeras.training.run import start_run

    config = TrainingConfig(
        synthetic_count=size.batch_size,
        image_size=size.image_size,
        batch_size=size.batch_size,
        validation_size=size.image_size,
        epochs=1,
    )
    with tempfile.TemporaryDirectory() as folder:
        trainer = start_run(network, config, Path(folder))
    batch = next(trainer.batches(0))

    def step() -> None:
        trainer.train_step(*batch)
        int(trainer.training_step.count)  # wait for it

    return step


def _processor_times(steps: Sequence[Callable[[], None]]) -> list[list[float]]:
    """Seconds of the processor for a step of each, round by round, in turns."""
    times: list[list[float]] = [[] for _ in steps]
    for step in steps:
        for _ in range(WARM_UP_STEPS):
            step()
    for _ in range(STEP_ROUNDS):
        for step, taken in zip(steps, times, strict=True):
            start = time.process_time()
            for _ in range(STEPS):
                step()
            taken.append((time.process_time() - start) / STEPS)
    return times


def measure_costs(
    costs: Costs, rows: Rows, names: Sequence[str], plan: Plan | None, timed: bool, tell: Callable[[str], None]
) -> None:
    """Count and time what is not known yet of the rows, and of the documented networks of their families.

    Args:
        costs: takes the figures.
        rows: all rows of the table.
        names: of those to measure.
        plan: says the size of a training step; None for that of a plan without options.
        timed: convert to int8 too, and time the files and the training steps; else parameters and MACs alone.
        tell: called with a line for each measurement.
    """
    from ffkeras.backend import tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    roots = {row.name: rows.root(row.name).name for row in rows}
    networks = {row.name: rows.network(row.name) for row in rows}
    wanted = {*names, *(roots[name] for name in names)}
    names = [name for name in networks if name in wanted]
    for name in names:
        cost = costs.count(name, networks[name], convert=timed)
        tell(f"{name}: {cost.parameters:,} parameters, {cost.macs / 1e6:,.0f} M MACs")
    if not timed:
        return
    if costs.time_latency(roots, networks):
        tell("int8 files timed in turns")
    known = plan or Plan(1)
    size = StepSize(known.image_size, known.batch_size)
    for name in names:
        tell(f"{name}: {costs.time_steps(name, roots[name], networks, size).steps_per_second:.2f} steps/s")
