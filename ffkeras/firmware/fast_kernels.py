"""What of a file TFLite Micro runs by slow paths, where it is built with CMSIS-NN."""

from collections import Counter
from dataclasses import dataclass

from ffkeras.tflite_file.graph import TfliteGraph

# kernels of tensorflow/lite/micro/kernels/cmsis_nn that take int8 and that image networks use
OPTIMISED = frozenset(
    (
        *("ADD", "AVERAGE_POOL_2D", "BATCH_MATMUL", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "MAXIMUM"),
        *("MAX_POOL_2D", "MINIMUM", "MUL", "PAD", "PADV2", "SOFTMAX", "TRANSPOSE", "TRANSPOSE_CONV"),
    )
)
MOVING = frozenset(  # copy bytes and compute nothing
    (
        *("CONCATENATION", "EXPAND_DIMS", "PACK", "RESHAPE", "RESIZE_NEAREST_NEIGHBOR", "SLICE", "SPLIT", "SPLIT_V"),
        *("SQUEEZE", "STRIDED_SLICE", "UNPACK"),
    )
)
CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
MULTIPLE = 4  # channels that the kernels take at once
FEW_OPERATIONS = 1
FEW_CONVOLUTIONS = 0.15  # of all


@dataclass(frozen=True)
class SlowPaths:
    """Operations of a file that cost more than they have to.

    Args:
        operations: all of the file's.
        reference: TFLite's name of an operation that computes something and has a reference kernel alone -> how often.
        convolutions: of the file, of any kind.
        odd: of these, the ones that take or give a number of channels above one that is no multiple of MULTIPLE; the
            three of a picture do not count.
    """

    operations: int
    reference: dict[str, int]
    convolutions: int
    odd: int

    def note(self, file: str) -> str | None:
        """One line for people; None where there are few, as in every detector: a sigmoid, and the heads' outputs."""
        slow = sum(self.reference.values())
        parts = []
        if slow > FEW_OPERATIONS:
            names = ", ".join(f"{name} {count}" for name, count in self.reference.items())
            parts.append(f"{slow} of {self.operations} operations have no kernel of CMSIS-NN ({names})")
        if self.odd > FEW_CONVOLUTIONS * self.convolutions:
            parts.append(f"{self.odd} of {self.convolutions} convolutions have channels that 4 does not divide")
        if not parts:
            return None
        return (
            f"note: in {file} {', and '.join(parts)}, which TFLite Micro runs by slower paths; "
            "`tools/prune.py --align 4` leaves channels that fit; networks like nano_b_fast have few other operations."
        )


def find_slow_paths(model: bytes) -> SlowPaths:
    """Look through the bytes of a .tflite file."""
    graph = TfliteGraph(model)
    kinds = [graph.kind(operator) for operator in graph.operators]
    reference = Counter(kind for kind in kinds if kind not in OPTIMISED | MOVING)
    convolutions = [operator for operator, kind in zip(graph.operators, kinds, strict=True) if kind in CONVOLUTIONS]
    odd = sum(not all(_fits(graph, tensor) for tensor in _channels(operator)) for operator in convolutions)
    return SlowPaths(len(kinds), dict(reference.most_common()), len(convolutions), odd)


def _channels(operator) -> tuple[int, int]:
    return int(operator.inputs[0]), int(operator.outputs[0])


def _fits(graph: TfliteGraph, tensor: int) -> bool:
    channels = graph.shape(tensor)[-1]
    return channels == 1 or channels % MULTIPLE == 0 or tensor in graph.inputs
