"""The ranges that calibration found, mended before the network is quantised with them."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ffkeras.quantization.scales import NARROWEST, SAME_SCALE_KINDS
from ffkeras.tflite_file.graph import TfliteGraph

SAME_SCALE = {name for names in SAME_SCALE_KINDS.values() for name in names}


def mend_ranges(calibrated: bytes) -> bytes:
    """Correct two kinds of ranges that calibration measures rightly and quantisation uses wrongly.

    An operation that keeps its input's scale gets an output range that holds its input's range. The converter may
    take the range of such an output for the input too, and a maximum has a narrower range than what it is taken of:
    all that lies below the smallest maximum would be cut off before it reaches the other branches.

    An output that is next to constant, such as hidden units that are always off, gets a range that is not narrower
    than `NARROWEST` of the input's. Otherwise its scale is so small that XNNPACK cannot load the file, or leaves the
    operation to slower kernels.

    Args:
        calibrated: a float .tflite file with the range of every tensor, as calibration leaves it.
    """
    graph = TfliteGraph(calibrated)
    for operator in graph.operators:  # in the order of execution: what is mended here is seen by what follows
        inputs = [graph.quantization(i) for i in operator.inputs if _has_range(graph, i)]
        outputs = [graph.quantization(i) for i in operator.outputs if _has_range(graph, i)]
        if not inputs:
            continue
        low, high = min(q.min[0] for q in inputs), max(q.max[0] for q in inputs)
        same_scale = graph.kind(operator) in SAME_SCALE
        for output in outputs:
            if same_scale:
                _set_range(output, min(low, output.min[0]), max(high, output.max[0]))
            else:
                _set_range(output, output.min[0], max(output.max[0], output.min[0] + NARROWEST * (high - low)))
    return graph.to_bytes()


def _has_range(graph: TfliteGraph, index: int) -> bool:
    quantization = graph.quantization(index)
    return quantization is not None and quantization.min is not None


def _set_range(quantization: schema.QuantizationParametersT, low: float, high: float) -> None:
    quantization.min, quantization.max = np.array([low], np.float32), np.array([high], np.float32)
