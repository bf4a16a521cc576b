import numpy as np
import pytest

from ffkeras.backend import keras, tf
from ffkeras.layers import DeformableConvBN
from ffkeras.layers.deformable_convolution import ModulatedConvolution

HEIGHT, WIDTH, CHANNELS, FILTERS = 5, 7, 3, 4


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def x(rng):
    return rng.normal(size=(2, HEIGHT, WIDTH, CHANNELS)).astype(np.float32)


def convolve(x, offsets, logits, kernel):
    layer = ModulatedConvolution(FILTERS)
    layer.build([x.shape, offsets.shape, logits.shape])
    layer.kernel.assign(kernel)
    return layer([x, offsets, logits]).numpy()


def pixel(image, y, x):
    inside = 0 <= y < image.shape[0] and 0 <= x < image.shape[1]
    return image[int(y), int(x)] if inside else np.zeros(image.shape[2])


def bilinear(image, y, x):
    top, left = np.floor(y), np.floor(x)
    down, right = y - top, x - left
    upper = (1 - right) * pixel(image, top, left) + right * pixel(image, top, left + 1)
    lower = (1 - right) * pixel(image, top + 1, left) + right * pixel(image, top + 1, left + 1)
    return (1 - down) * upper + down * lower


def reference(x, offsets, logits, kernel):
    """The paper's sum, one pixel and one tap at a time."""
    output = np.zeros((*x.shape[:3], kernel.shape[-1]))
    for b, row, column in np.ndindex(*x.shape[:3]):
        for tap in range(9):
            dy, dx = offsets[b, row, column, 2 * tap : 2 * tap + 2]
            sample = bilinear(x[b], row + tap // 3 - 1 + dy, column + tap % 3 - 1 + dx)
            modulator = 2 / (1 + np.exp(-logits[b, row, column, tap]))
            output[b, row, column] += modulator * sample @ kernel[tap // 3, tap % 3]
    return output


def test_agrees_with_the_papers_sum_also_far_outside_the_map(rng, x):
    offsets = rng.normal(scale=3.0, size=(2, HEIGHT, WIDTH, 18)).astype(np.float32)
    offsets[0, 0, 0, :2] = -1e6
    offsets[1, 4, 6, :2] = 1e6
    logits = rng.normal(size=(2, HEIGHT, WIDTH, 9)).astype(np.float32)
    kernel = rng.normal(size=(3, 3, CHANNELS, FILTERS)).astype(np.float32)
    expected = reference(x, offsets, logits, kernel)
    np.testing.assert_allclose(convolve(x, offsets, logits, kernel), expected, atol=1e-4)


def test_offsets_of_whole_pixels_reach_the_last_row_and_the_zeros_beyond_it(rng, x):
    offsets = np.tile(np.float32([1, -2]), (2, HEIGHT, WIDTH, 9))
    logits = np.zeros((2, HEIGHT, WIDTH, 9), np.float32)
    kernel = rng.normal(size=(3, 3, CHANNELS, FILTERS)).astype(np.float32)
    expected = reference(x, offsets, logits, kernel)
    np.testing.assert_allclose(convolve(x, offsets, logits, kernel), expected, atol=1e-5)


def test_a_fresh_block_is_a_plain_convolution(x):
    block = DeformableConvBN(FILTERS)
    actual = block(x)
    plain = tf.nn.conv2d(x, block.convolution.kernel, 1, "SAME")
    np.testing.assert_allclose(actual, block.norm(plain), atol=1e-5)


def test_gradients_of_offsets_and_modulators_are_the_differences_of_the_output(rng, x):
    layer = ModulatedConvolution(FILTERS)
    offsets = tf.constant(rng.uniform(0.2, 0.8, size=(2, HEIGHT, WIDTH, 18)), tf.float32)
    logits = tf.constant(rng.normal(size=(2, HEIGHT, WIDTH, 9)), tf.float32)
    direction = rng.normal(size=(2, HEIGHT, WIDTH, FILTERS)).astype(np.float32)

    def value(offsets, logits):
        return tf.reduce_sum(layer([x, offsets, logits]) * direction)

    for argument in (0, 1):
        inputs = [offsets, logits]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            total = value(*inputs)
        step = rng.normal(size=inputs[argument].shape).astype(np.float32)
        gradient = tape.gradient(total, inputs[argument])
        shifted = []
        for sign in (1, -1):
            moved = list(inputs)
            moved[argument] = inputs[argument] + sign * 1e-2 * step
            shifted.append(float(value(*moved)))
        expected = (shifted[0] - shifted[1]) / 2e-2
        assert float(tf.reduce_sum(gradient * step)) == pytest.approx(expected, rel=0.02, abs=0.05)


def test_works_on_maps_of_unknown_size(x):
    block = DeformableConvBN(FILTERS)
    images = keras.Input((None, None, CHANNELS))
    model = keras.Model(images, block(images))
    np.testing.assert_allclose(model(x), block(x), atol=1e-6)
