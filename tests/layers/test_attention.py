import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.layers import CBAM, AttentionMultiplication, SharedCBAM


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def test_residual_attention_lies_between_the_map_and_twice_the_map_where_positive(rng):
    x = rng.normal(size=(2, 6, 8, 16)).astype(np.float32)
    attended = CBAM(16, 1, residual=True)(x).numpy()
    positive = x > 0
    assert np.all(attended[positive] >= x[positive])
    assert np.all(attended[positive] <= 2 * x[positive])
    assert np.all(attended[~positive] == 0)


def test_shared_attention_uses_the_leading_weights_on_a_narrower_level(rng):
    attention = SharedCBAM((8, 16), hidden=2)
    narrow, wide = (rng.normal(size=(1, 4, 4, c)).astype(np.float32) for c in (8, 16))
    attention(wide)
    before = attention(narrow).numpy()
    tail = np.zeros_like(attention.reduce.kernel)
    tail[:, :, 8:] = 5.0
    attention.reduce.kernel.assign_add(tail)
    attention.expand.bias.assign_add([0.0] * 8 + [9.0] * 8)
    np.testing.assert_array_equal(attention(narrow), before)


def test_attention_multiplication_applies_the_same_attention_three_times(rng):
    attention = SharedCBAM((8,), hidden=2)
    x = tf.constant(rng.normal(size=(1, 4, 4, 8)), tf.float32)
    multiplied = AttentionMultiplication(attention)(x)
    np.testing.assert_array_equal(multiplied, attention(attention(attention(x))))
