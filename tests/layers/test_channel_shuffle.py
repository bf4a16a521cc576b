import numpy as np

from ffkeras.layers import ChannelShuffle


def test_groups_are_interleaved():
    x = np.arange(8, dtype=np.float32).reshape(1, 1, 1, 8)
    shuffled = ChannelShuffle(4)(x).numpy().ravel()
    np.testing.assert_array_equal(shuffled, [0, 2, 4, 6, 1, 3, 5, 7])


def test_the_published_shuffle_is_the_inverse_of_shufflenets():
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 56)).astype(np.float32)
    published = x.reshape(2, 3, 5, 28, 2).swapaxes(-1, -2).reshape(x.shape)  # C to (C / 2, 2), transpose, flatten
    np.testing.assert_array_equal(ChannelShuffle(28)(x), published)
    np.testing.assert_array_equal(ChannelShuffle(2)(published), x)


def test_pixels_stay_in_place():
    x = np.random.default_rng(1).normal(size=(2, 3, 5, 12)).astype(np.float32)
    shuffled = ChannelShuffle(3)(x).numpy()
    assert shuffled.shape == x.shape
    np.testing.assert_array_equal(np.sort(shuffled, axis=-1), np.sort(x, axis=-1))
