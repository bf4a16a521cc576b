import pytest
from ai_edge_litert import schema_py_generated as schema

from ffkeras.errors import UserError
from ffkeras.tflite_file.micro_operations import operation_names, registering_method


def model_with(*codes, custom=None):
    """A file's object tree with these operations."""
    entries = [schema.OperatorCodeT(builtinCode=code, deprecatedBuiltinCode=min(code, 127)) for code in codes]
    if custom:
        entries.append(schema.OperatorCodeT(builtinCode=schema.BuiltinOperator.CUSTOM, customCode=custom.encode()))
    operators = [schema.OperatorT(opcodeIndex=index) for index in range(len(entries))]
    return schema.ModelT(operatorCodes=entries, subgraphs=[schema.SubGraphT(operators=operators)])


@pytest.mark.parametrize(
    ("operation", "method"),
    [
        ("CONV_2D", "AddConv2D"),
        ("DEPTHWISE_CONV_2D", "AddDepthwiseConv2D"),
        ("L2_NORMALIZATION", "AddL2Normalization"),
        ("LEAKY_RELU", "AddLeakyRelu"),
        ("RELU6", "AddRelu6"),
        ("RESIZE_NEAREST_NEIGHBOR", "AddResizeNearestNeighbor"),
        ("MAX_POOL_2D", "AddMaxPool2D"),
        ("PADV2", "AddPadV2"),
    ],
)
def test_methods_are_named_as_tflite_micro_names_them(operation, method):
    assert registering_method(operation) == method


def test_two_versions_of_an_operation_are_registered_once():
    operators = schema.BuiltinOperator
    model = model_with(operators.CONV_2D, operators.ADD, operators.CONV_2D)
    assert operation_names(model, "m.tflite") == ("ADD", "CONV_2D")


def test_an_operation_that_the_graph_does_not_use_is_not_registered():
    model = model_with(schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.DEQUANTIZE)
    model.subgraphs[0].operators.pop()
    assert operation_names(model, "m.tflite") == ("CONV_2D",)


def test_operations_that_tflite_micro_lacks_are_all_named():
    model = model_with(schema.BuiltinOperator.GELU, schema.BuiltinOperator.ADD, custom="FlexErf")
    with pytest.raises(UserError, match="^m.tflite needs operations that TFLite Micro lacks: FlexErf, GELU; convert"):
        operation_names(model, "m.tflite")
