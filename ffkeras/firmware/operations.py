"""Which operations a file needs, and what TFLite Micro calls them."""

from ai_edge_litert import schema_py_generated as schema

from ffkeras.errors import UserError

_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
_CUSTOM = (schema.BuiltinOperator.CUSTOM, schema.BuiltinOperator.DELEGATE)

# The operations that a model of ours can have and that tflite::MicroMutableOpResolver registers:
# tensorflow/lite/micro/micro_mutable_op_resolver.h of tflite-micro, August 2026.
_REGISTERED = """
    ABS ADD ADD_N ARG_MAX ARG_MIN AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND BROADCAST_ARGS BROADCAST_TO CAST CEIL
    CONCATENATION CONV_2D COS CUMSUM DEPTH_TO_SPACE DEPTHWISE_CONV_2D DEQUANTIZE DIV ELU EQUAL EXP EXPAND_DIMS FILL
    FLOOR FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER GATHER_ND GREATER GREATER_EQUAL HARD_SWISH L2_NORMALIZATION
    L2_POOL_2D LEAKY_RELU LESS LESS_EQUAL LOG LOG_SOFTMAX LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC MAX_POOL_2D
    MAXIMUM MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL PACK PAD PADV2 PRELU QUANTIZE REDUCE_ALL REDUCE_MAX REDUCE_MIN
    RELU RELU6 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 ROUND RSQRT SELECT_V2 SHAPE SIN SLICE SOFTMAX
    SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM TANH
    TRANSPOSE TRANSPOSE_CONV UNPACK ZEROS_LIKE
"""
KNOWN = frozenset(_REGISTERED.split())
IRREGULAR = {"BATCH_MATMUL": "AddBatchMatMul", "CUMSUM": "AddCumSum", "PADV2": "AddPadV2"}


def operation_names(model: schema.ModelT, name: str) -> tuple[str, ...]:
    """TFLite's names of the different operations of a file, in alphabetical order.

    Args:
        model: the file's object tree.
        name: what the sentence of an error calls the file.

    Raises:
        UserError: an operation that TFLite Micro lacks.
    """
    found = set()
    for entry in model.operatorCodes:
        code = max(entry.builtinCode, entry.deprecatedBuiltinCode)
        found.add(str(entry.customCode) if code in _CUSTOM else _NAMES.get(code, f"number {code}"))
    missing = sorted(found - KNOWN)
    if missing:
        raise UserError(
            f"{name} needs operations that TFLite Micro lacks: {', '.join(missing)}; convert a network without them."
        )
    return tuple(sorted(found))


def registering_method(operation: str) -> str:
    """The method of `tflite::MicroMutableOpResolver` for an operation: "CONV_2D" gives "AddConv2D"."""
    regular = "Add" + "".join(part.capitalize() for part in operation.split("_"))
    return IRREGULAR.get(operation, regular.replace("2d", "2D"))
