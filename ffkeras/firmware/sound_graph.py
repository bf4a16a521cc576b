"""Whether a graph may be made into firmware: it runs elsewhere first, and its tensors are what the file says."""

import contextlib
import os
from collections.abc import Iterator

from ffkeras.errors import UserError
from ffkeras.runtime.model_file import read_model
from ffkeras.runtime.trial import Shapes, try_model
from ffkeras.tflite_file.graph import ABSENT, TfliteGraph


def require_sound_graph(path: str | os.PathLike) -> None:
    """Run a model in a process of its own, and hold the shapes in the file against those that came out.

    Firmware takes a file's shapes as they stand: with others than its operations have, it would write beyond its arena.

    Raises:
        UserError: the file cannot be read or used, takes the process down, or has other shapes than its operations.
    """
    shapes = try_model(path)
    if shapes is not None:  # else it is one of the released files
        with reading_graph(str(path)):
            check_shapes(TfliteGraph(read_model(path)), shapes, str(path))


def check_shapes(graph: TfliteGraph, shapes: Shapes, name: str) -> None:
    """Hold the shapes in a file against those that an interpreter came to. Raises UserError."""
    for operator in graph.operators:
        for tensor in map(int, (*operator.inputs, *operator.outputs)):
            if tensor != ABSENT and graph.shape(tensor) != shapes.get(tensor):
                says, found = list(graph.shape(tensor)), list(shapes.get(tensor, ()))
                raise UserError(
                    f"{name} says that its tensor {tensor} is {says}, and its operations make it {found}; "
                    "convert it again with tools/convert_tflite.py."
                )


@contextlib.contextmanager
def reading_graph(name: str) -> Iterator[None]:
    """Tell in one sentence of a graph that no program of ours wrote, wherever that shows.

    Raises:
        UserError: anything went wrong in this context.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # the parser of the file and the steps of an export expect what our own converter writes
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:120]}".rstrip(": ")
        raise UserError(
            f"{name} has a graph that cannot be exported ({reason}); convert the network with tools/convert_tflite.py."
        ) from error
