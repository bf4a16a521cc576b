"""The operations that TFLite Micro can run, and what it calls them; for machines without its interpreter too."""

from ai_edge_litert import schema_py_generated as schema

from ffkeras.errors import UserError
from ffkeras.tflite_file.graph import operation_name
from ffkeras.tflite_file.summary import GraphSummary

IRREGULAR = {"PADV2": "AddPadV2"}  # in micro_mutable_op_resolver.h of tflite-micro

# Of TFLite Micro's kernels those that take int8 and that image networks use (its MicroMutableOpResolver, 2026).
MICRO_KERNELS = frozenset(
    (
        *("ABS", "ADD", "ADD_N", "ARG_MAX", "ARG_MIN", "AVERAGE_POOL_2D", "BATCH_TO_SPACE_ND", "BROADCAST_TO"),
        *("CAST", "CONCATENATION", "CONV_2D", "DEPTH_TO_SPACE", "DEPTHWISE_CONV_2D", "DEQUANTIZE", "EXPAND_DIMS"),
        *("FULLY_CONNECTED", "GATHER", "HARD_SWISH", "L2_NORMALIZATION", "LEAKY_RELU", "LOGISTIC", "MAX_POOL_2D"),
        *("MAXIMUM", "MEAN", "MINIMUM", "MIRROR_PAD", "MUL", "NEG", "PACK", "PAD", "PADV2", "PRELU", "QUANTIZE"),
        *("REDUCE_MAX", "RELU", "RELU6", "RESHAPE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "RSQRT", "SHAPE"),
        *("SLICE", "SOFTMAX", "SPACE_TO_BATCH_ND", "SPACE_TO_DEPTH", "SPLIT", "SPLIT_V", "SQUARED_DIFFERENCE"),
        *("SQUEEZE", "STRIDED_SLICE", "SUB", "SUM", "TANH", "TRANSPOSE", "TRANSPOSE_CONV", "UNPACK"),
    )
)


def missing_kernels(graph: GraphSummary) -> list[str]:
    """Names of the graph's operations that TFLite Micro lacks."""
    return sorted(graph.operations.keys() - MICRO_KERNELS)


def operation_names(model: schema.ModelT, name: str) -> tuple[str, ...]:
    """TFLite's names of the different operations of a file, in alphabetical order.

    Args:
        model: the file's object tree.
        name: what the sentence of an error calls the file.

    Raises:
        UserError: an operation that TFLite Micro lacks.
    """
    used = {operator.opcodeIndex for graph in model.subgraphs for operator in graph.operators}  # converters leave more
    found = {operation_name(model.operatorCodes[index]) for index in used}
    missing = sorted(found - MICRO_KERNELS)
    if missing:
        raise UserError(
            f"{name} needs operations that TFLite Micro lacks: {', '.join(missing)}; convert a network without them."
        )
    return tuple(sorted(found))


def registering_method(operation: str) -> str:
    """The method of `tflite::MicroMutableOpResolver` for an operation: "CONV_2D" gives "AddConv2D"."""
    regular = "Add" + "".join(part.capitalize() for part in operation.split("_"))
    return IRREGULAR.get(operation, regular.replace("2d", "2D"))
