"""1x1 convolution whose kernel's gradient is one matrix product."""

from ffkeras.backend import keras, tf
from ffkeras.layers.batch_norm import batch_norm_is_frozen


class Conv2D(keras.layers.Conv2D):
    """Keras' Conv2D, with its name, weights and results; only the gradient of a 1x1 kernel is computed otherwise.

    oneDNN's own gradient of such a kernel takes up to twice as long as a matrix product over all pixels, and several
    times as long on a few output channels with a bias, as detection heads have them. Outside training it is Keras'
    own operation.
    """

    def call(self, inputs, training=None):
        """[B, H, W, C] -> [B, H / stride, W / stride, filters]."""
        pointwise = self.kernel_size == (1, 1) and self.strides == (1, 1) and self.groups == 1
        if not pointwise or not (training or batch_norm_is_frozen()):
            return super().call(inputs)
        outputs = _pointwise(inputs, tf.convert_to_tensor(self.kernel))
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)


@tf.custom_gradient
def _pointwise(x, kernel):
    """[B, H, W, C], [1, 1, C, F] -> [B, H, W, F]."""

    def gradients(of_outputs):
        of_x = tf.nn.conv2d(of_outputs, tf.transpose(kernel, (0, 1, 3, 2)), 1, "VALID")
        of_kernel = tf.matmul(_pixels(x), _pixels(of_outputs), transpose_a=True)
        return of_x, tf.reshape(of_kernel, kernel.shape)

    return tf.nn.conv2d(x, kernel, 1, "VALID"), gradients


def _pixels(x):
    """[B, H, W, C] -> [B * H * W, C]."""
    return tf.reshape(x, (-1, x.shape[-1]))
