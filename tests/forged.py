"""Files whose record and graph do not agree, or whose record no reader may take, all with a right checksum.

Python, the exporters, Java and JavaScript are held against the same ones.
"""

import functools
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ffkeras.errors import UserError
from ffkeras.runtime.checksum import CHECKSUM_KEY, ZEROS
from ffkeras.runtime.flatbuffer import find_metadata_buffer
from ffkeras.runtime.metadata import METADATA_NAME, read_metadata
from ffkeras.tflite_file.graph import TfliteGraph
from ffkeras.tflite_file.pack import pack_model

MODEL = Path(__file__).parents[1] / "tflite" / "models" / "nano_b_micro_160_int8.tflite"
CLASSES, BOXES, LANDMARKS = "classification", "bbox_regression", "landmarks"
VALUES = (
    0, 1, -1, 2, 160, 160.0, 160.5, 320, 1e22, 10**30, 10**400, 0.1, -0.0, True, False, None, "", "int8", "160", "é",
    [], [160], [160, 160], [160.0, 160], [True, True], [[16]], {}, {"a": 1}, [0.1, 0.2], [128, 128, 128], 65536, 131072,
    [8, 16, 32], [8.0, 16, 32], [32, 16, 8], ["8", "16", "32"],
)  # fmt: skip


@functools.cache
def small_model() -> bytes:
    """The borders and the record of a released file, with the last operations alone: quickly changed and written."""
    graph = TfliteGraph(MODEL.read_bytes())
    wanted = set(graph.outputs)
    for operator in reversed(graph.operators):
        if wanted.intersection(operator.outputs) and graph.kind(operator) in ("CONCATENATION", "LOGISTIC"):
            wanted |= set(operator.inputs)
    graph.operators[:] = [operator for operator in graph.operators if wanted.intersection(operator.outputs)]
    graph.operators[:] = [op for op in graph.operators if graph.kind(op) in ("CONCATENATION", "LOGISTIC")]
    graph.drop_unused()
    return graph.to_bytes()


def model_values(model: bytes) -> dict:
    """A file's record as it stands there, without its checksum."""
    values = json.loads(model[find_metadata_buffer(model, METADATA_NAME)])
    return {name: value for name, value in values.items() if name != CHECKSUM_KEY}


def with_text(model: bytes, text: bytes) -> bytes:
    """The same graph with any text as its record; a checksum in it is made right."""
    tree = schema.ModelT.InitFromPackedBuf(model)
    (entry,) = (entry for entry in tree.metadata if entry.name == METADATA_NAME.encode())
    tree.buffers[entry.buffer].data = np.frombuffer(text, np.uint8)
    return pack_model(tree)


def with_values(model: bytes, values: dict) -> bytes:
    """The same graph with other values in its record."""
    return with_text(model, json.dumps(values | {CHECKSUM_KEY: ZEROS.decode()}).encode())


def changed_records(model: bytes) -> Iterator[tuple[str, bytes]]:
    """Records of another size, of other anchors, types and outputs than the graph has, and ones of the wrong kind."""
    values = model_values(model)
    names, sizes = values["outputs"], values["anchors"]["sizes"]
    changes = {
        "a larger input": {"image_size": [320, 320]},
        "an input with its sides exchanged": {"image_size": [160, 320]},
        "a side that is true": {"image_size": [True, 160]},
        "coarser strides": {"anchors": {"sizes": sizes, "strides": [16, 32, 64]}},
        "strides in another order": {"anchors": {"sizes": sizes, "strides": [16, 8, 32]}},
        "other strides that give as many anchors": {
            "anchors": {"sizes": [[16], [32], [64], [128], [256], [512]], "strides": [5, 8, 16, 32, 32, 160]}
        },
        "one level": {"anchors": {"sizes": [sizes[0]], "strides": [8]}},
        "a size that is a word": {"anchors": {"sizes": [["16", 32, 48], *sizes[1:]], "strides": [8, 16, 32]}},
        "a size that is true": {"anchors": {"sizes": [[True, 32, 48], *sizes[1:]], "strides": [8, 16, 32]}},
        "a size beyond floating point": {
            "anchors": {"sizes": [[10**400, 32, 48], *sizes[1:]], "strides": [8, 16, 32]}
        },
        "outputs exchanged": {"outputs": {**names, BOXES: names[LANDMARKS], LANDMARKS: names[BOXES]}},
        "scores from boxes": {"outputs": {**names, CLASSES: names[BOXES]}},
        "an output that is not there": {"outputs": {**names, BOXES: "boxes"}},
        "an output without a name": {"outputs": {**names, BOXES: ""}},
        "float borders": {"borders": "float32"},
        "no borders": {"borders": None},
        "a float network": {"quantization": "none", "borders": "float32"},
        "decoded in the file": {
            "decoded": True, "outputs": {"boxes": names[BOXES], LANDMARKS: names[LANDMARKS], "score": names[CLASSES]}
        },
        "a format that is true": {"format": True},
        "a format with a word": {"format": "2"},
        "no licence": {"license": None},
        "a network with a name of ten thousand letters": {"network": "nano_b" * 2000},
        "a network with a name of two lines": {"network": "nano\n_b"},
        "a version that is a number": {"ffkeras_version": 1},
        "a network in words": {"model": "nano_b"},
        "a threshold in words": {"score_threshold": "0.5"},
        "another mean": {"mean": [128, 128, 256]},
    }  # fmt: skip
    for name, change in changes.items():
        yield name, with_values(model, values | change)
    for key in values:
        yield f"a record without its {key}", with_values(model, {k: v for k, v in values.items() if k != key})
    text = json.dumps(values | {CHECKSUM_KEY: ZEROS.decode()}).encode()
    texts = {
        "not a number in the configuration": text.replace(b'"model": {', b'"model": {"a": NaN, '),
        "a byte order mark": b"\xef\xbb\xbf" + text,
        "UTF-16": text.decode().encode("utf-16"),
        "bytes that are not UTF-8": text.replace(b'"model": {', b'"model": {"\xff": 1, '),
        "a line after the checksum": text + b"\n",
        "deep nesting": text.replace(b'"model": {', b'"model": {"a": ' + b"[" * 150 + b"]" * 150 + b", "),
        "very deep nesting": text.replace(b'"model": {', b'"model": {"a": ' + b"[" * 50_000 + b"]" * 50_000 + b", "),
        "a list": b"[" + text + b"]",
    }
    for name, changed in texts.items():
        yield name, with_text(model, changed)


def changed_graphs(model: bytes) -> Iterator[tuple[str, bytes]]:
    """Graphs with other borders, and ones that name what is not there."""
    for name, change in GRAPH_CHANGES.items():
        tree = schema.ModelT.InitFromPackedBuf(model)
        change(tree, tree.subgraphs[0])
        yield name, pack_model(tree)


def _tensor(index: int, **values) -> Callable:
    def change(_, graph):
        for name, value in values.items():
            setattr(graph.tensors[graph.outputs[index] if index >= 0 else graph.inputs[0]], name, value)

    return change


def _scale(index: int, scales: list, zero_points: list) -> Callable:
    def change(_, graph):
        tensor = graph.tensors[graph.outputs[index] if index >= 0 else graph.inputs[0]]
        tensor.quantization.scale = np.array(scales, np.float32)
        tensor.quantization.zeroPoint = np.array(zero_points, np.int64)

    return change


def _set(place: str, values: Callable) -> Callable:
    return lambda _, graph: setattr(graph, place, np.array(values(graph), np.int32))


def _signature(tree, graph) -> None:
    tree.signatureDefs[0].outputs[0].tensorIndex = int(graph.inputs[0])


def _levels(_, graph) -> None:
    for tensor in graph.outputs:
        maker = next(op for op in graph.operators if tensor in op.outputs)
        if len(maker.inputs) == 3:
            maker.inputs = np.array([maker.inputs[1], maker.inputs[0], maker.inputs[2]], np.int32)


INT16 = schema.TensorType.INT16
GRAPH_CHANGES = {
    "a larger input tensor": _tensor(-1, shape=np.array([1, 320, 320, 3], np.int32)),
    "an input of one channel": _tensor(-1, shape=np.array([1, 160, 160, 1], np.int32)),
    "an input without a shape": _tensor(-1, shape=None),
    "an input of ten thousand dimensions": _tensor(-1, shape=np.arange(10_000, dtype=np.int32)),
    "an input in 16 bits": _tensor(-1, type=INT16),
    "an output in 16 bits": _tensor(1, type=INT16),
    "an output of other rows": _tensor(0, shape=np.array([1, 1574, 4], np.int32)),
    "an output of a negative shape": _tensor(0, shape=np.array([-1, -1575, 4], np.int32)),
    "two outputs of one name": lambda _, graph: setattr(
        graph.tensors[graph.outputs[1]], "name", graph.tensors[graph.outputs[0]].name
    ),
    "a name that is not UTF-8": _tensor(0, name=b"\xff\xfe"),
    "no scale": _scale(0, [], []),
    "a scale of zero": _scale(0, [0], [0]),
    "a scale below zero": _scale(0, [-0.1], [0]),
    "a scale that is not a number": _scale(0, [float("nan")], [0]),
    "an endless scale": _scale(-1, [float("inf")], [0]),
    "two scales": _scale(0, [0.1, 0.1], [0, 0]),
    "a zero point beyond int8": _scale(0, [0.1], [2**40]),
    "no input": _set("inputs", lambda _: []),
    "two inputs": _set("inputs", lambda graph: [*graph.inputs, *graph.inputs]),
    "two outputs": _set("outputs", lambda graph: graph.outputs[:2]),
    "four outputs": _set("outputs", lambda graph: [*graph.outputs, graph.outputs[0]]),
    "an output that is no tensor": _set("outputs", lambda graph: [*graph.outputs[:2], 100_000]),
    "an absent output": _set("outputs", lambda graph: [*graph.outputs[:2], -1]),
    "a signature of other tensors": _signature,
    "a signature of another graph": lambda tree, _: setattr(tree.signatureDefs[0], "subgraphIndex", 1),
    "two outputs of one name in the signature": lambda tree, _: setattr(
        tree.signatureDefs[0].outputs[0], "name", tree.signatureDefs[0].outputs[1].name
    ),
    "a name in the signature that is not UTF-8": lambda tree, _: setattr(
        tree.signatureDefs[0].outputs[0], "name", b"\xff"
    ),
    "two graphs": lambda tree, graph: tree.subgraphs.append(graph),
    "levels in another order": _levels,
    "an operation that is not there": lambda _, graph: setattr(graph.operators[-1], "opcodeIndex", 1000),
}


def forged_files() -> Iterator[tuple[str, bytes]]:
    """All that must be refused, by name."""
    model = small_model()
    yield from changed_records(model)
    yield from changed_graphs(model)


def sound_files() -> Iterator[tuple[str, bytes]]:
    """Odd ones that must be taken."""
    model = small_model()
    values = model_values(model)
    older = {name: value for name, value in values.items() if name not in ("borders", "decoded")}
    yield "as it was released", MODEL.read_bytes()
    yield "the same, packed again", with_values(model, values)
    yield "whole numbers with a point", with_values(model, values | {"image_size": [160.0, 160.0]})
    yield "a key that nobody knows", with_values(model, values | {"author": "é"})
    yield "other keys first", with_values(model, dict(reversed(values.items())))
    yield "an older format", with_text(model, json.dumps(older | {"format": 1}).encode())
    digits = b"9" * 5000
    text = json.dumps(values | {CHECKSUM_KEY: ZEROS.decode()}).encode()
    yield (
        "a number of five thousand digits",
        with_text(model, text.replace(b'"model": {', b'"model": {"a": %b, ' % digits)),
    )
    yield "no signature", _without_signature(model)


def _without_signature(model: bytes) -> bytes:
    tree = schema.ModelT.InitFromPackedBuf(model)
    tree.signatureDefs = None
    return pack_model(tree)


def random_records(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Records with one to three values exchanged for others of any kind, on any level; some can be used."""
    model, dice = small_model(), random.Random(seed)
    for number in range(count):
        values = json.loads(json.dumps(model_values(model)))
        for _ in range(dice.randint(1, 3)):
            holder = values
            while True:
                key = dice.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
                inner = holder[key]
                if not isinstance(inner, (dict, list)) or not inner or dice.random() < 0.4:
                    break
                holder = inner
            same = float(inner) if type(inner) is int else inner
            holder[key] = same if dice.random() < 0.5 else dice.choice(VALUES)
        yield f"record {seed}-{number}", with_values(model, values)


def refusal(model: bytes, name: str) -> str | None:
    """The sentence by which Python refuses a file, or None where it takes it."""
    try:
        read_metadata(model, name)
    except UserError as error:
        return str(error)
    return None
