"""The C source of a network: one function for each layer, then the numbers."""

from collections.abc import Iterator, Sequence
from string import Template

import numpy as np

from ffkeras.firmware.c_network.face_model import face_model_text
from ffkeras.firmware.c_network.header import title_text
from ffkeras.firmware.c_network.layer import C_TYPES, Argument, Constants, Fields, Place, Scratch
from ffkeras.firmware.c_network.network import Network, NumberedLayer
from ffkeras.firmware.literals import comment_line
from ffkeras.firmware.model_info import ModelInfo

WIDTH = 120
ALIGNED_ROLE = "weights"  # arrays that kernels read by words

AFTER_LAYER = """\
/* -DFFKERAS_AFTER_LAYER=name names a function that is called before the first layer, with 0, and after each with its
 * number: one that reads a clock. */
#ifdef FFKERAS_AFTER_LAYER
void FFKERAS_AFTER_LAYER(int layer);
#else
#define FFKERAS_AFTER_LAYER(layer) ((void)0)
#endif
"""

SOURCE = Template("""\
/* $title
 * Made by tools/export_c.py; do not edit, make it again.
 *
 * First what a detector must know, then one function for each layer, then the one that runs them all, then the numbers.
 * Layers are numbered as in the file, and run in an order that needs little memory. A value of a tensor is worth
 * scale * (value - zero point); @ is its place in the arena. */

#include "$name.h"

#include <stddef.h>

#include "int8_kernels.h"

#ifndef FFKERAS_ARENA_ATTRIBUTE
#define FFKERAS_ARENA_ATTRIBUTE
#endif

$after_layer
FFKERAS_ARENA_ATTRIBUTE static int8_t arena[${upper}_ARENA_SIZE];

$model

int8_t *${name}_input(void) { return arena + $input; }

FaceOutputs ${name}_outputs(void) {
  const FaceOutputs outputs = {
      .classification = arena + $classification,
      .bbox_regression = arena + $bbox_regression,
      .landmarks = arena + $landmarks,
  };
  return outputs;
}

$layers
void ${name}_run(void) {
$calls
}

$arrays
""")


def source_text(info: ModelInfo, network: Network, file: str, name: str) -> str:
    """The C source of a network; see `header_text` for the arguments."""
    outputs = {output: network.graph.outputs[tensor.index] for output, tensor in info.outputs.items()}
    return SOURCE.substitute(
        title=title_text(info, file),
        name=name,
        upper=name.upper(),
        model=face_model_text(info, name),
        input=network.offsets[network.graph.inputs[0]],
        layers=layers_text(network),
        calls=calls_text(network),
        arrays=arrays_text(network.constants),
        after_layer=AFTER_LAYER,
        **{output: network.offsets[tensor] for output, tensor in outputs.items()},
    )


def layers_text(network: Network) -> str:
    """The functions of all layers, each after the declarations of the arrays that it needs first."""
    declared: set[str] = set()
    return "\n".join(_layer_text(network, numbered, declared) for numbered in network.layers)


def calls_text(network: Network) -> str:
    """The body of the function that runs the network."""
    lines = ["  FFKERAS_AFTER_LAYER(0);"]
    for numbered in network.layers:
        lines += [f"  layer_{numbered.number}();", f"  FFKERAS_AFTER_LAYER({numbered.number});"]
    return "\n".join(lines)


def arrays_text(constants: Constants) -> str:
    """The definitions of all arrays."""
    return "\n\n".join(array_text(name, values) for name, values in constants.arrays.items())


def _layer_text(network: Network, numbered: NumberedLayer, declared: set[str]) -> str:
    layer = numbered.layer
    names = [name for name in _arrays_of(network, numbered) if name not in declared]
    declared.update(names)
    lines = [*_comment_lines(network, numbered)]
    lines += [f"{_declaration(name, network.constants.arrays[name])};" for name in names]
    lines.append(f"static void layer_{numbered.number}(void) {{")
    if layer.struct:
        lines += [f"  static const {layer.struct} layer = {{", *_field_lines(layer.fields), "  };"]
    for call in layer.calls:
        arguments = [_argument(network, numbered, argument) for argument in call.arguments]
        lines.append(f"  {call.function}({', '.join(arguments)});")
    return "\n".join([*lines, "}", ""])


def _comment_lines(network: Network, numbered: NumberedLayer) -> Iterator[str]:
    """What the layer is, and its tensors."""
    yield f"/* {numbered.number}. {numbered.kind}: {comment_line(numbered.name)}"
    for tensor in numbered.layer.inputs:
        yield f" *    from {_tensor_text(network, tensor)}"
    yield f" *    to   {_tensor_text(network, numbered.layer.output)} */"


def _tensor_text(network: Network, tensor: int) -> str:
    quantization = network.graph.quantization(tensor)
    scale, zero_point = np.float32(quantization.scale[0]), int(quantization.zeroPoint[0])
    place = "in flash" if tensor in network.constant_inputs else f"@ {network.offsets[tensor]}"
    shape = list(network.graph.shape(tensor))
    sign = "+" if zero_point < 0 else "-"
    return f"{shape} {place}, {scale!s} * (value {sign} {abs(zero_point)})"


def _argument(network: Network, numbered: NumberedLayer, argument: Argument) -> str:
    if isinstance(argument, Scratch):
        return f"arena + {network.scratch[numbered.number]}"
    if not isinstance(argument, Place):
        return argument
    if argument.tensor in network.constant_inputs:
        name = network.constant_inputs[argument.tensor]
        return f"{name} + {argument.offset}" if argument.offset else name
    return f"arena + {network.offsets[argument.tensor] + argument.offset}"


def _arrays_of(network: Network, numbered: NumberedLayer) -> Iterator[str]:
    """Names of the arrays that a layer refers to."""

    def strings(fields: Fields) -> Iterator[str]:
        for value in fields.values():
            if isinstance(value, str):
                yield value
            elif not isinstance(value, int):
                yield from strings(value)

    yield from strings(numbered.layer.fields)
    for call in numbered.layer.calls:
        yield from (argument for argument in call.arguments if argument in network.constants.arrays)
    for tensor in numbered.layer.inputs:
        if tensor in network.constant_inputs:
            yield network.constant_inputs[tensor]


def _field_lines(fields: Fields) -> Iterator[str]:
    """Designated initialisers, one a line; a struct inside takes as many lines as it needs."""
    for name, value in fields.items():
        if isinstance(value, int | str):
            yield f"      .{name} = {value},"
        else:
            yield from _rows([f".{inner} = {number}" for inner, number in value.items()], f"      .{name} = {{", "},")


def _rows(items: Sequence[str], start: str, end: str) -> Iterator[str]:
    """Items with commas between them, in lines of at most WIDTH characters."""
    indent = " " * (len(start) - len(start.lstrip()) + (4 if start.strip() else 0))
    line = start + items[0]
    for item in items[1:]:
        if len(line) + len(item) + len(f", {end}") > WIDTH:
            yield f"{line},"
            line = indent + item
        else:
            line += f", {item}"
    yield line + end


def _declaration(name: str, values: np.ndarray) -> str:
    aligned = " INT8_ALIGNED" if name.startswith(ALIGNED_ROLE) else ""
    return f"static const {C_TYPES[values.dtype]} {name}[{values.size}]{aligned}"


def array_text(name: str, values: np.ndarray) -> str:
    """The definition of one array, [N] of a type of C_TYPES."""
    rows = _rows([_literal(value) for value in values.tolist()], "    ", "};")
    return "\n".join([f"{_declaration(name, values)} = {{", *rows])


def _literal(value: int | tuple[int, ...]) -> str:
    """A number, or a struct of some; the least int32 has no literal of its own in C."""
    if isinstance(value, tuple):
        return f"{{{', '.join(map(_literal, value))}}}"
    return "INT32_MIN" if value == -(2**31) else str(value)
