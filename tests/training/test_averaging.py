import numpy as np

from ffkeras.backend import tf
from ffkeras.training.averaging import WeightAverage


def test_average_follows_with_the_decay_of_its_step():
    weight = tf.Variable([4.0, -2.0])
    average = WeightAverage([weight], decay=0.9)
    weight.assign([0.0, 0.0])
    average.update(tf.constant(0))  # decay 1 / 10
    np.testing.assert_allclose(average.average[0], [0.4, -0.2], rtol=1e-6)
    average.update(tf.constant(10**6))  # decay 0.9
    np.testing.assert_allclose(average.average[0], [0.36, -0.18], rtol=1e-6)


def test_copying_leaves_the_followed_weights_alone():
    weight, copy = tf.Variable([1.0]), tf.Variable([5.0])
    average = WeightAverage([weight], decay=0.99)
    weight.assign([3.0])
    average.copy_to([copy])
    assert copy.numpy() == [1.0]
    assert weight.numpy() == [3.0]
