"""Forms of layers that XLA differentiates, and differentiates fast; the sums are the same.

XLA has no gradient of nearest upsampling, and no `CropAndResize`. Depthwise convolutions it knows, but hands them to a
library that takes long over their gradients; sums of shifted products become a few fused loops instead.
"""

from ffkeras.backend import keras, tf
from ffkeras.layers.deformable_convolution import ModulatedConvolution
from ffkeras.layers.forms import Forms, called_with


def _upsample(layer: keras.layers.UpSampling2D, x):
    return tf.repeat(tf.repeat(x, layer.size[0], axis=1), layer.size[1], axis=2)


def _depthwise(layer: keras.layers.DepthwiseConv2D, x):
    """[B, H, W, C] -> [B, H / stride, W / stride, C], tap by tap."""
    (rows, columns), stride = layer.kernel_size, layer.strides[0]
    height, width = (-(-side // stride) for side in x.shape[1:3])
    if layer.padding == "same":
        x = tf.pad(x, ((0, 0), _same(x.shape[1], rows, stride), _same(x.shape[2], columns, stride), (0, 0)))
    else:
        height, width = (
            (side - kernel) // stride + 1 for side, kernel in zip(x.shape[1:3], (rows, columns), strict=True)
        )
    total = 0.0
    for row in range(rows):
        for column in range(columns):
            bottom, right = row + (height - 1) * stride + 1, column + (width - 1) * stride + 1
            total += x[:, row:bottom:stride, column:right:stride] * layer.depthwise_kernel[row, column, :, 0]
    if layer.use_bias:
        total = total + layer.bias
    return total if layer.activation is None else layer.activation(total)


def _same(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's SAME padding before and after."""
    missing = max((-(-side // stride) - 1) * stride + kernel - side, 0)
    return missing // 2, missing - missing // 2


XLA: Forms = {
    keras.layers.UpSampling2D: _upsample,
    keras.layers.DepthwiseConv2D: _depthwise,
    ModulatedConvolution: called_with(gathered=True),
}
"""For functions that are lowered."""
