"""What a .tflite file costs in multiplications."""

import numpy as np

from ffkeras.tflite_file.graph import TfliteGraph


def count_macs(model: bytes) -> int:
    """Multiply-accumulates of a .tflite file's convolutions for one image; sliced and padded weights count in full."""
    graph, total = TfliteGraph(model), 0
    for operator in graph.operators:
        if graph.kind(operator) in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            _, height, width, _ = graph.shape(operator.outputs[0])
            total += height * width * int(np.prod(graph.shape(operator.inputs[1])))
    return total
