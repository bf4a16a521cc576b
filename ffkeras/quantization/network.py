"""A network that computes in float32 what its int8 file will compute, and learns under that."""

from collections.abc import Callable
from dataclasses import replace

from tensorflow_model_optimization.python.core.quantization.keras.quantize_wrapper import QuantizeWrapperV2

from ffkeras.backend import keras, tf
from ffkeras.layers.forms import AS_THEY_ARE, Forms, called_with
from ffkeras.layers.sliced_pointwise import SlicedPointwise
from ffkeras.models import config_to_json
from ffkeras.models.build import build_model
from ffkeras.models.featherface import FeatherFace
from ffkeras.quantization.operations import CONVOLUTIONS, TRACE_SIZE, Program, trace
from ffkeras.quantization.quantizers import ConvolutionConfig, round_kernel, round_tensor, to_units
from ffkeras.quantization.scales import PROBABILITY, assign_scales, rounds


def _native_groups(wrapper: QuantizeWrapperV2, inputs, **arguments):
    grouped = getattr(wrapper.layer, "groups", 1) > 1
    return wrapper(inputs, native_groups=True, **arguments) if grouped else wrapper(inputs, **arguments)


QUANTIZED_EXPORT: Forms = {QuantizeWrapperV2: _native_groups}
"""For .tflite files; the wrapper hands its arguments on."""


class RoundedSlicedPointwise(SlicedPointwise):
    """A `SlicedPointwise` whose weights are rounded as they are used, each slice with scales of its own."""

    def sliced_kernel(self, in_channels: int, filters: int):
        """[1, 1, in_channels, filters], int8 values."""
        return round_kernel(super().sliced_kernel(in_channels, filters))


class QuantizedFeatherFace(keras.Model):
    """A network with BatchNorm folded and every weight and tensor rounded as in int8.

    It stands in for a `FeatherFace` in training, validation and conversion. Layers that the network calls several
    times share their weights here too; each tensor has a range of its own.

    Args:
        network: its weights are copied.

    Attributes:
        config: the network's configuration.
        ranges: [scale groups, 2], lowest and highest number; set by `calibrate_ranges` or `load_quantized`.
    """

    def __init__(self, network: FeatherFace):
        super().__init__(name=f"{network.name}_quantized")
        self.config = network.config
        self.program, self.weighted = _round_weights(trace(network))
        mean = self.config.mean
        self.scales = assign_scales(self.program, (-max(mean), 255.0 - min(mean)))
        self.ranges = self.add_weight("ranges", (self.scales.count, 2), initializer="zeros", trainable=False)
        self.softmax, self.sigmoid = keras.layers.Softmax(), keras.layers.Activation("sigmoid")
        self.run(tf.zeros((1, *TRACE_SIZE, 3)), lambda group, x: x)  # makes the weights
        self.built = True

    def call(self, images, training=False):
        """Detect; see `FeatherFace.call`."""
        return self.train_forward(images) if training else self.detect(images)

    def detect(self, images, forms: Forms = AS_THEY_ARE):
        """Detect, with the layers of some types in other forms; see `FlatNetwork.run`."""
        with tf.name_scope(self.name):  # the converter orders the operations of a file by their names
            outputs = self.run(images, self._round, forms)
            squash = self.sigmoid if self.config.class_logits == 1 else self.softmax
            outputs["classification"] = round_tensor(squash(outputs["classification"]), *PROBABILITY)
        return outputs

    def forward(self, images, forms: Forms = AS_THEY_ARE):
        """Images to the three outputs, class scores as logits that are not rounded: clipped ones would not learn."""
        logits = self.scales.group_of[self.program.outputs["classification"]]
        return self.run(images, lambda group, x: x if group == logits else self._round(group, x), forms)

    def train_forward(self, images, frozen_norm: bool = False, forms: Forms = AS_THEY_ARE):
        """As `forward`, for training; see `FeatherFace.train_forward`. There is no normalisation left to freeze."""
        return self.forward(images, {QuantizeWrapperV2: called_with(training=True), **forms})

    def _round(self, group: int, x):
        return round_tensor(x, self.ranges[group, 0], self.ranges[group, 1])

    def run(self, images, at_point: Callable, forms: Forms = AS_THEY_ARE):
        """Execute the operations.

        Args:
            images: float32 [B, H, W, 3], normalised.
            at_point: is given (scale group, tensor) wherever int8 rounds, and gives the tensor to go on with.
            forms: see `FlatNetwork.run`.

        Returns:
            The three outputs by name, class scores as logits.
        """
        group_of = self.scales.group_of
        values = {0: at_point(group_of[0], images)}
        for operation in self.program.operations:
            result = operation([values[value] for value in operation.inputs], forms)
            values[operation.output] = at_point(group_of[operation.output], result) if rounds(operation) else result
        return {name: values[value] for name, value in self.program.outputs.items()}

    def get_config(self) -> dict:
        """The network's configuration."""
        return {"config": config_to_json(self.config)}

    def copy(self) -> "QuantizedFeatherFace":
        """A new network with the same configuration, weights and ranges."""
        copy = QuantizedFeatherFace(build_model(self.config))
        copy.set_weights(self.get_weights())
        return copy


def _round_weights(program: Program) -> tuple[Program, list[keras.layers.Layer]]:
    """The same program with layers that round their weights, and these layers, for Keras to find their weights."""
    made: dict[int, keras.layers.Layer] = {}
    for operation in program.operations:
        if id(operation.layer) not in made:
            made[id(operation.layer)] = _with_rounded_weights(operation.layer)
    operations = [replace(operation, layer=made[id(operation.layer)]) for operation in program.operations]
    return replace(program, operations=tuple(operations)), list(made.values())


def _with_rounded_weights(layer: keras.layers.Layer) -> keras.layers.Layer:
    if isinstance(layer, CONVOLUTIONS):
        return QuantizeWrapperV2(layer, ConvolutionConfig(to_units(layer)))
    if isinstance(layer, SlicedPointwise):
        rounded = RoundedSlicedPointwise.from_config({**layer.get_config(), "name": None})
        rounded.build(None)
        rounded.set_weights(layer.get_weights())
        return rounded
    return layer
