"""The operations that TFLite Micro can run, for machines on which its interpreter is not installed."""

from ffkeras.conversion.graph import Graph

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


def missing_kernels(graph: Graph) -> list[str]:
    """Names of the graph's operations that TFLite Micro lacks."""
    return sorted(graph.operations.keys() - MICRO_KERNELS)
