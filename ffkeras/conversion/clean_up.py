"""What each step between a trained network and its int8 file takes away, and by how much it changes the outputs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from rich.table import Table

from ffkeras.conversion.tflite import convert, convert_graph
from ffkeras.conversion.xnnpack_passes import RULES
from ffkeras.geometry import letterbox
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.simplify import STEPS
from ffkeras.tflite_file.graph import TfliteGraph
from ffkeras.tflite_file.macs import count_macs
from ffkeras.tflite_file.summary import summarise_graph

Outputs = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class CleanUpStep:
    """One row of the table.

    Args:
        name: what was done.
        operations: of the .tflite file after it; of the network as trained, calls of its layers.
        macs: multiply-accumulates for one image after it.
        differences: the largest change of an output by this step, on random numbers and on images: parts of the
            largest number of that output in float32, numbers in int8; None where there is nothing to compare with.
        unit: what the differences are counted in.
    """

    name: str
    operations: int
    macs: int
    differences: tuple[float, float] | None = None
    unit: str = ""


def measure_clean_up(
    model: FeatherFace, image_size: tuple[int, int], images: Sequence[np.ndarray]
) -> Iterator[CleanUpStep]:
    """Go through all steps, in float32 and then in int8, where the network can be expressed in it.

    Args:
        model: a network as trained.
        image_size: (height, width) of the input in pixels, multiples of 32.
        images: uint8 BGR [H, W, 3] of any size, at least one; they calibrate int8 too.
    """
    canvases = [letterbox(image, image_size, model.config.mean)[0] for image in images]
    noise = np.random.default_rng(0).integers(0, 256, (*image_size, 3)).astype(np.uint8)
    mean = np.array(model.config.mean, np.float32)
    inputs = [canvas[None].astype(np.float32) - mean for canvas in (noise, *canvases)]
    yield from _float_steps(model, image_size, inputs)
    if getattr(model.config, "context", None) != "deformable":
        yield from _int8_steps(model, image_size, inputs, canvases)


def _float_steps(
    model: FeatherFace, image_size: tuple[int, int], inputs: Sequence[np.ndarray]
) -> Iterator[CleanUpStep]:
    flat = model.flat(image_size, batch_size=1)
    before = [{name: value.numpy() for name, value in flat.run(x).items()} for x in inputs]
    data = convert_graph(model, image_size)
    calls = len(flat.calls) - 1  # without that of the images
    yield CleanUpStep("float32, calls of layers as trained", calls, count_macs(data))
    yield _compared("BatchNorm and constants folded", data, before, _run(data, inputs), _relative)
    for name, step in STEPS.items():
        before, model = _run(data, inputs), step(model)
        data = convert_graph(model, image_size)
        yield _compared(name, data, before, _run(data, inputs), _relative)


def _int8_steps(
    model: FeatherFace, image_size: tuple[int, int], inputs: Sequence[np.ndarray], canvases: Sequence[np.ndarray]
) -> Iterator[CleanUpStep]:
    data = convert(model, image_size, canvases, xnnpack_passes=False)
    scale, zero_point = summarise_graph(data).input_quantization
    whole = [np.clip(np.round(x / scale) + zero_point, -128, 127).astype(np.int8) for x in inputs]
    yield CleanUpStep("int8, all of this", _count_operations(data), count_macs(data))
    for name, rule in RULES.items():
        graph, before = TfliteGraph(data), _run(data, whole)
        graph.apply(rule)
        data = graph.to_bytes()
        yield _compared(name, data, before, _run(data, whole), _in_numbers)


def make_clean_up_table(steps: Iterable[CleanUpStep]) -> Table:
    """The steps for a terminal."""
    table = Table(title="from the trained network to its int8 file")
    table.add_column("step", no_wrap=True)
    for heading in ("operations", "MACs (M)", "largest change: noise", "images"):
        table.add_column(heading, justify="right")
    for step in steps:
        changes = ("", "") if step.differences is None else [f"{value:.2g}{step.unit}" for value in step.differences]
        table.add_row(step.name, str(step.operations), f"{step.macs / 1e6:,.2f}", *changes)
    return table


def _compared(
    name: str, data: bytes, before: Sequence[Outputs], after: Sequence[Outputs], difference: Callable
) -> CleanUpStep:
    values = [difference(a, b) for a, b in zip(before, after, strict=True)]
    unit = "" if difference is _relative else " LSB"
    return CleanUpStep(name, _count_operations(data), count_macs(data), (values[0], max(values[1:])), unit)


def _relative(before: Outputs, after: Outputs) -> float:
    return max(_change(before, after, name) / float(np.abs(before[name]).max()) for name in after)


def _in_numbers(before: Outputs, after: Outputs) -> float:
    return max(_change(before, after, name) for name in after)


def _change(before: Outputs, after: Outputs, name: str) -> float:
    """The largest change of an output; of classes, that of the face's column."""
    columns = after[name].shape[-1]
    return float(np.abs(after[name].astype(np.float32) - before[name][..., -columns:]).max())


def _run(model: bytes, inputs: Sequence[np.ndarray]) -> list[Outputs]:
    runner = Interpreter(model_content=model).get_signature_runner()
    (name,) = runner.get_input_details()
    return [{key: value.copy() for key, value in runner(**{name: x}).items()} for x in inputs]


def _count_operations(model: bytes) -> int:
    return len(TfliteGraph(model).operators)
