"""A run through several files, with progress, and with what was measured before."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ffkeras.crosscheck.check import Settings, check_file
from ffkeras.crosscheck.report import FileReport
from ffkeras.crosscheck.result_cache import ResultCache, content_key
from ffkeras.crosscheck.sample import Sample, read_photographs, read_sample
from ffkeras.errors import UserError
from ffkeras.runtimes.registry import arm_versions, find_runtimes, installed_versions


def read_settings(
    images: Sequence[Path],
    *,
    data: Path | None,
    sample: int,
    emulated_images: int,
    operations: bool,
    arm_python: Path,
) -> Settings:
    """Find runtimes and images.

    Args:
        images: files and folders.
        data: the root of WIDER FACE; None measures no average precision.
        sample: how many of its validation images.
        emulated_images, operations, arm_python: as in `Settings`.

    Raises:
        UserError: no runtime is installed, or an image or the data set cannot be read.
    """
    runtimes = find_runtimes(arm_python)
    if not any(not runtime.machine for runtime in runtimes):
        raise UserError("no TFLite runtime is installed; run `pip install ai-edge-litert` (or tflite-runtime).")
    photographs = read_photographs(images)
    chosen, scenes = read_sample(data, sample) if data else (Sample(), {})
    return Settings(runtimes, photographs | scenes, emulated_images, chosen, operations, arm_python, data)


def check_files(
    models: Sequence[Path], settings: Settings, result_cache: ResultCache, *, fresh: bool = False
) -> Iterator[FileReport]:
    """The reports of `models`, one by one; one that the cache holds is not measured again.

    Raises:
        UserError: a file cannot be used.
    """
    for model in models:
        key = content_key("check", model, *_decisive(settings))
        kept = None if fresh else result_cache.find(key)
        if kept:
            yield replace(FileReport.from_json(kept.value), file=model.name, kept_from=kept.date)
            continue
        report = _check_with_progress(model, settings)
        if not any(result.failure for result in report.runtimes):
            result_cache.keep(key, report.to_json())
        yield report


def _decisive(settings: Settings) -> tuple:
    """What decides a result, beside the file."""
    images = [(name, image.shape, zlib.crc32(np.ascontiguousarray(image))) for name, image in settings.images.items()]
    runtimes = [(runtime.name, runtime.kernels) for runtime in settings.runtimes]
    emulated = any(runtime.machine for runtime in settings.runtimes)
    return (
        images,
        runtimes,
        installed_versions(),
        arm_versions(settings.arm_python) if emulated else None,
        settings.data and settings.data.resolve(),
        settings.emulated_images,
        settings.sample.names,
        settings.operations,
    )


def _check_with_progress(model: Path, settings: Settings) -> FileReport:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        def watch(name: str):
            for task in progress.task_ids:
                progress.update(task, visible=False)
            task = progress.add_task(f"{model.name}: {name}", total=None)
            return lambda done, of: progress.update(task, completed=done, total=of)

        return check_file(model, settings, watch)
