"""One file through every runtime: inputs, workers, comparison, verdict."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ffkeras.compare import limits
from ffkeras.compare.moved_faces import FaceSummary, MovedFaces
from ffkeras.compare.outputs import OperationDifference, compare_outputs, output_steps
from ffkeras.crosscheck.operations import compare_operations
from ffkeras.crosscheck.report import FileReport, RuntimeResult
from ffkeras.crosscheck.sample import Sample
from ffkeras.errors import UserError
from ffkeras.evaluation.detections import SCORE_THRESHOLD
from ffkeras.firmware.arena import smallest_arena
from ffkeras.runtimes.launch import Progress, Run, run_worker
from ffkeras.runtimes.registry import REFERENCE, Runtime
from ffkeras.runtimes.replay import Replay

Watch = Callable[[str], Progress]  # what is under way -> where its progress goes


@dataclass(frozen=True, eq=False)
class Settings:
    """How files are checked.

    Args:
        runtimes: those that are here, in the order of `RUNTIMES`.
        images: name -> uint8 BGR [H, W, 3]; every runtime of this machine runs them all.
        emulated_images: how many of them, from the first, emulated runtimes run.
        sample: ground truth of those among the images that average precision is measured on.
        operations: compare every operation alone too.
        arm_python: the Python of runtimes for ARM.
        data: the root of the data set that the sample is from.
    """

    runtimes: Sequence[Runtime]
    images: Mapping[str, np.ndarray]
    emulated_images: int
    sample: Sample
    operations: bool = False
    arm_python: Path | None = None
    data: Path | None = None


def check_file(model: Path, settings: Settings, watch: Watch) -> FileReport:
    """Run `model` on every runtime and compare.

    Raises:
        UserError: the file cannot be used, or no runtime with reference kernels can run it.
    """
    replay = Replay(model)
    with tempfile.TemporaryDirectory(prefix="ffkeras_") as name:
        folder = Path(name)
        inputs = _write_inputs(replay, settings, folder)
        runs = {
            runtime: run_worker(
                runtime,
                "images",
                model,
                inputs[bool(runtime.machine)],
                folder,
                settings.arm_python,
                watch(runtime.name),
            )
            for runtime in settings.runtimes
        }
        comparison = _Comparison(model, replay, settings, runs)
        results = tuple(comparison.result(runtime) for runtime in settings.runtimes)
        operations = _operations(model, inputs[True], comparison, settings, folder, watch)
    if any(result.name == "TFLite Micro" and result.failure for result in results):
        results = tuple(_name_lacking(result, operations) for result in results)
    arena, arena_note = _arena(model, results)
    record, int8 = replay.metadata, replay.metadata.quantization == "int8"
    return FileReport(
        file=model.name,
        size=model.stat().st_size,
        network=record.network,
        image_size=tuple(record.image_size),
        quantization=record.quantization,
        images=len(settings.images),
        sample=len(settings.sample.names),
        reference=comparison.reference.name,
        arena=arena,
        arena_note=arena_note,
        runtimes=results,
        operations=operations if settings.operations else (),
        faults=tuple(limits.operation_faults(operations)) if int8 and settings.operations else (),
    )


def _write_inputs(replay: Replay, settings: Settings, folder: Path) -> dict[bool, Path]:
    """The network's inputs of all images, and of those for emulated runtimes: emulated -> file."""
    values = replay.inputs_of(settings.images.values())  # [N, 1, H, W, 3]
    paths = {emulated: folder / f"inputs_{int(emulated)}.npy" for emulated in (False, True)}
    np.save(paths[False], values)
    np.save(paths[True], values[: settings.emulated_images])
    return paths


class _Comparison:
    """What every runtime gave, and the reference among them."""

    def __init__(self, model: Path, replay: Replay, settings: Settings, runs: Mapping[Runtime, Run]):
        self._replay, self._settings, self._runs = replay, settings, runs
        self.reference = self._find_reference(model)
        self._steps = dict(zip(replay.output_names, output_steps(model.read_bytes()), strict=True))
        self._int8 = replay.metadata.quantization == "int8"
        self._precision = self._average_precision(self.reference)

    def _find_reference(self, model: Path) -> Runtime:
        able = [runtime for runtime, run in self._runs.items() if not run.failure and not runtime.machine]
        if not able:
            reasons = "; ".join(f"{runtime.name}: {run.failure}" for runtime, run in self._runs.items())
            raise UserError(f"no runtime here can run {model} ({reasons}); install ai-edge-litert.")
        return min(able, key=lambda runtime: runtime.family != REFERENCE)

    def failed(self, runtime: Runtime) -> bool:
        """Whether a runtime could not run the file."""
        return self._runs[runtime].failure is not None

    def result(self, runtime: Runtime) -> RuntimeResult:
        """The result of one runtime, with what breaks the limits."""
        run = self._runs[runtime]
        if run.failure:
            faults = (run.failure,) if run.crashed else ()
            return RuntimeResult(runtime.name, runtime.family, failure=run.failure, faults=faults)
        named = [self._named(self._runs[entry]) for entry in (self.reference, runtime)]
        differences = compare_outputs(*named, self._steps)
        exact = self._is_exact(runtime)
        faces = self._faces(runtime)
        precision = self._precision if runtime == self.reference else self._average_precision(runtime)
        faults = [] if exact is not False else [f"is not exact, where {runtime.family} runtimes must be"]
        faults += [*([] if self._int8 else limits.float_faults(differences)), *limits.face_faults(faces)]
        if precision and self._precision:
            faults += limits.precision_faults(self._precision, precision, len(self._settings.sample.names))
        return RuntimeResult(
            name=runtime.name,
            family=runtime.family,
            version=run.version,
            images=len(run.outputs[0]),
            exact=exact,
            differences=differences,
            faces=faces,
            average_precision=precision,
            faults=tuple(faults),
        )

    def _named(self, run: Run) -> dict[str, np.ndarray]:
        return dict(zip(self._replay.output_names, run.outputs, strict=True))

    def _is_exact(self, runtime: Runtime) -> bool | None:
        """Whether an int8 file gives the same bits as on the first runtime of the exact group; None where not asked.

        Outputs that the file decodes in floating point may differ in their last digits.
        """
        group = runtime.exact_group
        if group is None or not self._int8:
            return None
        able = [entry for entry, run in self._runs.items() if entry.exact_group == group and not run.failure]
        first = able[0]
        if runtime == first:
            return None
        pair = (self._named(self._runs[entry]) for entry in (first, runtime))
        apart = compare_outputs(*pair, self._steps)
        return all(entry.largest <= (0 if entry.in_steps else limits.DECODED_DIFFERENCE) for entry in apart)

    def _faces(self, runtime: Runtime) -> FaceSummary:
        replay = self._replay
        moved = MovedFaces(replay.metadata.score_threshold)
        height, width = replay.metadata.image_size
        pairs = zip(self._runs[self.reference].outputs, self._runs[runtime].outputs, strict=True)
        reference, other = zip(*pairs, strict=True)
        for index, image in enumerate(list(self._settings.images.values())[: len(other[0])]):
            scale = min(height / image.shape[0], width / image.shape[1])
            moved.add(*(replay.faces(image, _image(outputs, index)) for outputs in (reference, other)), scale)
        return FaceSummary.of(moved)

    def _average_precision(self, runtime: Runtime) -> dict[str, float] | None:
        sample, outputs = self._settings.sample, self._runs[runtime].outputs
        if not sample.names or len(outputs[0]) < len(self._settings.images):
            return None
        places = {name: index for index, name in enumerate(self._settings.images)}
        return sample.average_precision(
            {
                name: self._replay.faces(self._settings.images[name], _image(outputs, places[name]), SCORE_THRESHOLD)
                for name in sample.names
            }
        )


def _image(outputs: Sequence[np.ndarray], index: int) -> list[np.ndarray]:
    return [values[index : index + 1] for values in outputs]


def _operations(
    model: Path, inputs: Path, comparison: _Comparison, settings: Settings, folder: Path, watch: Watch
) -> tuple[OperationDifference, ...]:
    """Operations run alone: on all runtimes where that was asked for, else on those that could not run the file."""
    failed = [runtime for runtime in settings.runtimes if runtime.package == "micro" and comparison.failed(runtime)]
    chosen = [r for r in settings.runtimes if r != comparison.reference] if settings.operations else failed
    if not chosen:
        return ()
    return compare_operations(
        model,
        inputs,
        comparison.reference,
        chosen,
        folder,
        settings.arm_python,
        lambda runtime: watch(f"{runtime.name}, operation by operation"),
    )


def _name_lacking(result: RuntimeResult, operations: Sequence[OperationDifference]) -> RuntimeResult:
    """TFLite Micro's failure in the names of the operations that it cannot run."""
    lacking = [entry.operation for entry in operations if entry.runtime == result.name and entry.failed]
    if not result.failure or not lacking:
        return result
    return replace(result, failure=f"lacks {', '.join(lacking)}")


def _arena(model: Path, results: Sequence[RuntimeResult]) -> tuple[int | None, str]:
    micro = next((result for result in results if result.name == "TFLite Micro"), None)
    if micro is None:
        return None, "TFLite Micro is not installed"
    if micro.failure:
        return None, f"TFLite Micro {micro.failure}"
    try:
        return smallest_arena(model.read_bytes(), model.name), ""
    except UserError as error:
        return None, str(error)
