"""Nearest upsampling as concatenations: XNNPACK has no int8 kernel for RESIZE_NEAREST_NEIGHBOR."""

from ai_edge_litert import schema_py_generated as schema

from ffkeras.tflite_file.graph import TfliteGraph

MOST_REPEATS = 4  # XNNPACK concatenates up to five tensors


def scale_before_upsampling(graph: TfliteGraph, operator: schema.OperatorT) -> list[schema.OperatorT] | None:
    """Multiply by a constant before the map is upsampled, where it is a quarter as large."""
    if graph.kind(operator) != "RESIZE_NEAREST_NEIGHBOR":
        return None
    users = graph.users(operator.outputs[0])
    if len(users) != 1 or graph.kind(users[0]) != "MUL":
        return None
    (product,) = users
    source, small, large = operator.inputs[0], graph.shape(operator.inputs[0]), operator.outputs[0]
    factor = next(index for index in product.inputs if index != large)
    values = graph.values(factor)
    if values is None or values.size != 1:
        return None
    scaled = graph.add_like(product.outputs[0], f"{graph.name(source)}/scaled", small)
    resize = schema.OperatorT(
        opcodeIndex=operator.opcodeIndex,
        inputs=[scaled, operator.inputs[1]],
        outputs=product.outputs,
        builtinOptionsType=operator.builtinOptionsType,
        builtinOptions=operator.builtinOptions,
    )
    product.inputs, product.outputs = [source, factor], [scaled]
    graph.operators.remove(product)
    return [product, resize]


def repeat_by_concatenation(graph: TfliteGraph, operator: schema.OperatorT) -> list[schema.OperatorT] | None:
    """Each pixel next to itself, then each row below itself: the same numbers, copied."""
    if graph.kind(operator) != "RESIZE_NEAREST_NEIGHBOR":
        return None
    source, output = operator.inputs[0], operator.outputs[0]
    (_, height, width, channels), (_, new_height, new_width, _) = graph.shape(source), graph.shape(output)
    times = new_height // height
    whole = (new_height, new_width) == (times * height, times * width)
    if not whole or times > MOST_REPEATS or operator.builtinOptions.alignCorners:
        return None
    name = graph.name(output)
    row = times * width * channels
    pixels = graph.add_like(output, f"{name}/pixels", (1, height, width, times * channels))
    rows = graph.add_like(output, f"{name}/rows", (1, height, 1, row))
    repeated = graph.add_like(output, f"{name}/repeated", (1, height, times, row))
    return [
        graph.operation("CONCATENATION", [source] * times, pixels, version=2, axis=3),
        graph.reshape(pixels, rows),
        graph.operation("CONCATENATION", [rows] * times, repeated, version=2, axis=2),
        graph.reshape(repeated, output),
    ]
