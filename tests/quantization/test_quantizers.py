import numpy as np

from ffkeras.backend import keras, tf
from ffkeras.quantization.quantizers import (
    DepthwiseKernelQuantizer,
    KernelQuantizer,
    round_kernel,
    round_tensor,
    to_units,
)


def test_each_output_channel_has_127_steps_to_its_own_peak():
    kernel = np.random.default_rng(0).normal(size=(3, 3, 8, 4)).astype(np.float32) * [1e-3, 1, 10, 100]
    steps = np.abs(kernel).max(axis=(0, 1, 2)) / 127
    rounded = round_kernel(tf.constant(kernel, tf.float32)).numpy()
    assert (np.abs(rounded - kernel) <= steps * 0.501).all()
    np.testing.assert_allclose(rounded / steps, np.round(rounded / steps), atol=1e-3)


def test_depthwise_channels_do_not_share_a_scale():
    kernel = np.ones((3, 3, 3, 1), np.float32) * np.array([0.001, 1, 100], np.float32)[:, None]
    kernel[0, 0] *= 0.37
    rounded = DepthwiseKernelQuantizer([1] * 3)(tf.constant(kernel), False, {"units": tf.ones(3)}).numpy()
    assert np.abs(rounded / kernel - 1).max() < 0.01  # with one scale the first two channels would be zero


def test_units_take_the_size_out_of_a_kernel_and_put_it_back():
    for layer in (keras.layers.Conv2D(4, 3), keras.layers.DepthwiseConv2D(3, depth_multiplier=2)):
        layer.build((None, 8, 8, 2))
        depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
        kernel = layer.depthwise_kernel if depthwise else layer.kernel
        kernel.assign(kernel * 1e-4)
        before = kernel.numpy()
        units = to_units(layer)
        peaks = np.abs(kernel.numpy()).max(axis=(0, 1) if depthwise else (0, 1, 2))
        np.testing.assert_allclose(peaks, 1, rtol=1e-6)
        quantizer = (DepthwiseKernelQuantizer if depthwise else KernelQuantizer)(units)
        given = quantizer(kernel, False, {"units": tf.constant(units, tf.float32)}).numpy()
        assert np.abs(given - before).max() <= np.abs(before).max() / 127


def test_a_channel_of_zeros_stays_zero():
    rounded = round_kernel(tf.zeros((1, 1, 4, 2))).numpy()
    assert np.isfinite(rounded).all() and not rounded.any()


def test_gradients_pass_rounding_but_not_clipping():
    x = tf.constant([-3.0, 0.123, 0.5, 7.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(round_tensor(x, -1.0, 1.0))
    assert tape.gradient(total, x).numpy().tolist() == [0, 1, 1, 0]
