"""Batch normalisation (Ioffe & Szegedy 2015) that trains as fast on pruned widths as on round ones."""

from ffkeras.backend import keras, tf
from ffkeras.layers.replicas import gather_over_replicas, replica_count, sum_over_replicas

ALIGNED_CHANNELS = 8  # what oneDNN's kernel works on at once; on other widths it is ten times slower


class BatchNorm(keras.layers.BatchNormalization):
    """Keras' BatchNormalization over the channels, with its weights and results.

    In training, on a number of channels that `ALIGNED_CHANNELS` does not divide, and with a known width of the map,
    it computes on rows [B * H, W * C] and sums by matrix products. In inference it is Keras' own operation, which
    converters fold into a convolution.

    Where several processes train one network, each with its part of a batch, the statistics are those of the whole
    batch (Peng et al. 2018, sec. 3.2), so that the network that comes out does not depend on their number.

    Attributes:
        of_whole_batch: false for the statistics of the process's own part, which need no exchange. The moving ones
            are then its own too, until somebody takes their mean.
    """

    of_whole_batch = True

    def call(self, inputs, training=None, mask=None, frozen=False):
        """Normalise by channel.

        Args:
            inputs: float [B, H, W, C].
            training: normalise by the statistics of the batch, and let the moving ones follow.
            mask: none; Keras' argument.
            frozen: train on the moving statistics, as in inference, and keep them; so does a layer that is not
                `trainable`.

        Returns:
            The same shape and type.
        """
        frozen = frozen or not self.trainable
        together = training and not frozen and self.of_whole_batch and replica_count() > 1
        if not training or not (_is_slow(inputs) or together):
            return super().call(inputs, training=False if frozen else training, mask=mask)
        gamma, beta = tf.convert_to_tensor(self.gamma), tf.convert_to_tensor(self.beta)
        if frozen:
            mean, variance = tf.convert_to_tensor(self.moving_mean), tf.convert_to_tensor(self.moving_variance)
            return _normalise_frozen(inputs, gamma, beta, mean, tf.math.rsqrt(variance + self.epsilon))
        outputs, mean, variance = _normalise(inputs, gamma, beta, self.epsilon, together)
        self.moving_mean.assign_sub((self.moving_mean - mean) * (1 - self.momentum))
        self.moving_variance.assign_sub((self.moving_variance - variance) * (1 - self.momentum))
        return outputs


def choose_statistics(model: keras.Model, of_whole_batch: bool) -> list[tf.Variable]:
    """Set `BatchNorm.of_whole_batch` of all layers of a network; returns their moving statistics."""
    layers = [layer for layer in model.submodules if isinstance(layer, BatchNorm)]
    for layer in layers:
        layer.of_whole_batch = of_whole_batch
    return [variable for layer in layers for variable in (layer.moving_mean, layer.moving_variance)]


def _is_slow(x) -> bool:
    """Whether TensorFlow's own kernel is slow on this tensor, and rows can replace it."""
    known = x.dtype == tf.float32 and x.shape.rank == 4 and x.shape[2] is not None
    return known and x.shape[3] % ALIGNED_CHANNELS != 0


def _normalise(x, gamma, beta, epsilon: float, together: bool = False):
    """Normalise by the statistics of the batch; gives its mean and unbiased variance too, without gradients.

    Args:
        x: [B, H, W, C], of all processes the same B.
        gamma, beta: [C].
        epsilon: added to the variance.
        together: the batch is that of all processes.
    """
    width, channels = x.shape[2], x.shape[3]
    count = tf.cast(tf.size(x) // channels * (replica_count() if together else 1), x.dtype)

    @tf.custom_gradient
    def function(x, gamma, beta):
        rows = _rows(x)
        own = tf.cast(tf.size(x) // channels, x.dtype)
        mean = _channel_sums(rows, width) / own
        centred = rows - tf.tile(mean, [width])
        variance = _channel_sums(tf.square(centred), width) / own
        if together:
            apart, variance = _joined(mean, variance)
            mean, centred = mean - apart, centred + tf.tile(apart, [width])
        inverse = tf.math.rsqrt(variance + epsilon)
        scale = gamma * inverse
        outputs = tf.reshape(centred * tf.tile(scale, [width]) + tf.tile(beta, [width]), tf.shape(x))

        def gradients(output_gradients, *_):
            of_rows = _rows(output_gradients)
            of_beta = _channel_sums(of_rows, width)
            of_gamma = _channel_sums(of_rows * centred, width) * inverse
            of_all_gamma, of_all_beta = of_gamma, of_beta
            if together:
                of_all_gamma, of_all_beta = tf.unstack(sum_over_replicas(tf.stack([of_gamma, of_beta])))
            of_centred = tf.tile(-scale * inverse * of_all_gamma / count, [width])
            shift = tf.tile(-scale * of_all_beta / count, [width])
            of_x = of_rows * tf.tile(scale, [width]) + (centred * of_centred + shift)
            return tf.reshape(of_x, tf.shape(x)), of_gamma, of_beta

        unbiased = variance * count / tf.maximum(count - 1, 1)  # what Keras keeps
        return (outputs, mean, unbiased), gradients

    return function(x, gamma, beta)


def _joined(mean, variance):
    """How far the mean [C] is from all processes', and their variance [C] (Chan et al. 1979), in one exchange."""
    means, variances = tf.unstack(gather_over_replicas(tf.stack([mean, variance])), axis=1)  # [processes, C], both
    mean_of_all = tf.reduce_mean(means, axis=0)
    return mean - mean_of_all, tf.reduce_mean(variances + tf.square(means - mean_of_all), axis=0)


def _normalise_frozen(x, gamma, beta, mean, inverse):
    """Normalise by given statistics, to which no gradients go."""
    width = x.shape[2]

    @tf.custom_gradient
    def function(x, gamma, beta):
        scale = gamma * inverse
        outputs = _rows(x) * tf.tile(scale, [width]) + tf.tile(beta - mean * scale, [width])

        def gradients(output_gradients):
            of_rows = _rows(output_gradients)
            of_beta = _channel_sums(of_rows, width)
            of_gamma = (_channel_sums(of_rows * _rows(x), width) - mean * of_beta) * inverse
            return tf.reshape(of_rows * tf.tile(scale, [width]), tf.shape(x)), of_gamma, of_beta

        return tf.reshape(outputs, tf.shape(x)), gradients

    return function(x, gamma, beta)


def _rows(x):
    """[B, H, W, C] -> [B * H, W * C]: long rows, on which Eigen's vector units are full at any C."""
    return tf.reshape(x, (-1, x.shape[2] * x.shape[3]))


def _channel_sums(rows, width: int):
    """[N, W * C] -> [C], by a matrix product, which is faster than a reduction."""
    columns = tf.matmul(tf.ones((1, tf.shape(rows)[0]), rows.dtype), rows)
    return tf.reduce_sum(tf.reshape(columns, (width, -1)), axis=0)
