import numpy as np

from ffkeras.backend import keras
from ffkeras.layers import SSH, Block, ConvBN


def test_a_block_on_a_keras_tensor_is_laid_open_and_shares_its_weights():
    block = SSH((8, 4, 4, 4, 4), groups=4, activation="relu6")
    images = keras.Input((8, 12, 16))
    flat = keras.Model(images, block(images))
    assert not any(isinstance(layer, Block) for layer in flat.layers)
    assert {id(w) for w in flat.weights} == {id(w) for w in block.weights}
    x = np.random.default_rng(2).normal(size=(2, 8, 12, 16)).astype(np.float32)
    np.testing.assert_array_equal(block(x), flat(x))


def test_symmetric_padding_puts_the_first_window_half_outside():
    x = np.zeros((1, 4, 4, 1), np.float32)
    x[0, 0, 0] = 1
    results = {}
    for padding in ("same", "symmetric"):
        block = ConvBN(1, 3, 2, padding=padding)
        block(x)
        block.convolution.kernel.assign(np.arange(9, dtype=np.float32).reshape(3, 3, 1, 1))
        results[padding] = block.convolution(x if block.pad is None else block.pad(x))[0, 0, 0, 0]
    assert results["same"] == 0  # the corner pixel meets the kernel's corner
    assert results["symmetric"] == 4  # and here its centre
