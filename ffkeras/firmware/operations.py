"""Which operations a file needs, and what TFLite Micro calls them."""

from ai_edge_litert import schema_py_generated as schema

from ffkeras.conversion.micro_kernels import MICRO_KERNELS
from ffkeras.conversion.open_graph import operation_name
from ffkeras.errors import UserError

IRREGULAR = {"PADV2": "AddPadV2"}  # in micro_mutable_op_resolver.h of tflite-micro


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
