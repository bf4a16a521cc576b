"""A network's maps in 16 bits while it is trained, its weights in 32 (mixed precision, Micikevicius et al. 2018).

Convolutions compute in 16 bits, from weights that are cast as they are used, so that gradients come back to weights of
32. What adds up over whole maps (normalisation, means, softmax) and the last convolutions, whose numbers the losses and
the boxes are made of, compute in 32 bits; the rest passes 16 bits on.
"""

from collections.abc import Iterator, Mapping

from ffkeras.backend import keras, tf
from ffkeras.layers.channel_shuffle import ChannelShuffle
from ffkeras.layers.channel_slice import ChannelSlice
from ffkeras.layers.channel_statistics import ChannelMax
from ffkeras.layers.convolution import Conv2D
from ffkeras.layers.forms import Form, Forms
from ffkeras.layers.sliced_pointwise import SlicedPointwise
from ffkeras.models.trace import FlatNetwork

PASSING = frozenset({keras.layers.Reshape, keras.layers.Concatenate})  # between the last convolutions and the outputs

# They move numbers, or take each by itself, in whatever type they come.
ANY_TYPE = frozenset(
    {
        *(keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.Activation),
        *(keras.layers.Add, keras.layers.Subtract, keras.layers.Multiply, keras.layers.Concatenate),
        *(keras.layers.Reshape, keras.layers.ZeroPadding2D, keras.layers.UpSampling2D),
        *(keras.layers.MaxPooling2D, keras.layers.GlobalMaxPooling2D, ChannelMax, ChannelSlice, ChannelShuffle),
    }
)


def _with_bias(layer: keras.layers.Layer, x):
    if layer.use_bias:
        x = tf.nn.bias_add(x, tf.cast(layer.bias, x.dtype))
    return x if layer.activation is None else layer.activation(x)


def _convolution(layer: keras.layers.Conv2D, x):
    return _with_bias(layer, layer.convolution_op(x, tf.cast(layer.kernel, x.dtype)))


def _own_convolution(layer: Conv2D, x):
    return _with_bias(layer, layer.convolve(x, tf.cast(layer.kernel, x.dtype)))


def _depthwise(layer: keras.layers.DepthwiseConv2D, x):
    kernel, strides = tf.cast(layer.depthwise_kernel, x.dtype), (1, *layer.strides, 1)
    return _with_bias(layer, tf.nn.depthwise_conv2d(x, kernel, strides, layer.padding.upper()))


def _sliced_pointwise(layer: SlicedPointwise, x, filters: int | None = None):
    filters = filters or layer.filters
    kernel = tf.cast(layer.sliced_kernel(x.shape[-1], filters), x.dtype)
    return layer.activation(tf.nn.conv2d(x, kernel, 1, "SAME") + tf.cast(layer.bias[:filters], x.dtype))


CONVOLUTIONS: Forms = {
    keras.layers.Conv2D: _convolution,
    Conv2D: _own_convolution,
    keras.layers.DepthwiseConv2D: _depthwise,
    SlicedPointwise: _sliced_pointwise,
}
"""In the type of the map that they are given."""


class MixedForms(Mapping):
    """A table of forms for every type of layer, in which maps are of 16 bits.

    Args:
        forms: of the use, in 32 bits. Where it has a form for depthwise convolutions that form stays, between casts,
            which a compiler makes one with it.
        kind: of the maps.
        exact: layers that compute in 32 bits, and give them.
    """

    def __init__(self, forms: Forms, kind: tf.DType, exact: frozenset = frozenset()):
        self.forms, self.kind, self.exact = forms, kind, exact

    def __getitem__(self, layer_type: type) -> Form:
        form = self.forms.get(layer_type)

        def compute(layer, inputs, **arguments):
            own = form or _call
            if id(layer) in self.exact:
                return own(layer, _cast(inputs, tf.float32), **arguments)
            if layer_type in CONVOLUTIONS and (form is None or layer_type is Conv2D):
                return CONVOLUTIONS[layer_type](layer, _cast(inputs, self.kind), **arguments)
            if layer_type in ANY_TYPE:
                kinds = {value.dtype for value in tf.nest.flatten(inputs)}
                return own(layer, inputs if len(kinds) == 1 else _cast(inputs, self.kind), **arguments)
            return tf.cast(own(layer, _cast(inputs, tf.float32), **arguments), self.kind)

        return compute

    def __iter__(self) -> Iterator:
        return iter(self.forms)

    def __len__(self) -> int:
        return len(self.forms)


def _call(layer: keras.layers.Layer, inputs, **arguments):
    """The layer's call without Keras' cast of its inputs to the type of its weights."""
    return layer.call(inputs, **arguments)


def _cast(values, kind: tf.DType):
    return tf.nest.map_structure(lambda value: tf.cast(value, kind), values)


def run_mixed(network: FlatNetwork, images, forms: Forms, kind: str) -> dict:
    """What `FlatNetwork.run` computes, with maps of 16 bits inside; images and outputs are float32.

    Args:
        network: whose weights are float32 and stay so.
        images: float32 [B, H, W, 3], normalised.
        forms: of the use, in 32 bits.
        kind: `float16` or `bfloat16`.
    """
    outputs = network.run(images, MixedForms(forms, tf.as_dtype(kind), network.last_layers(PASSING)))
    return _cast(outputs, tf.float32)
