"""AdamW on one vector is Keras' AdamW: the same weights after some steps, and checkpoints that each reads."""

import numpy as np
import pytest

from ffkeras.backend import keras, tf
from ffkeras.training.averaging import WeightAverage
from ffkeras.training.flat_adamw import FlatAdamW

SHAPES = {"kernel": (3, 2), "bias": (2,), "scale": (), "idle": (4,)}


def variables():
    random = np.random.default_rng(3)
    return [tf.Variable(random.normal(size=shape).astype(np.float32), name=name) for name, shape in SHAPES.items()]


def make(kind, clipnorm=None):
    schedule = keras.optimizers.schedules.CosineDecay(1e-2, decay_steps=20)
    optimizer = kind(schedule, weight_decay=0.3, beta_2=0.99, global_clipnorm=clipnorm)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def train(optimizer, weights, first, last):
    """Steps on gradients that follow from their numbers; the last variable has none."""
    for step in range(first, last):
        random = np.random.default_rng(step)
        gradients = [tf.constant(random.normal(size=v.shape), tf.float32) for v in weights[:-1]]
        optimizer.apply_gradients(zip([*gradients, None], weights, strict=True))


def assert_same(ours, expected):
    for mine, theirs in zip(ours, expected, strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("clipnorm", [None, 0.5, 100.0])
def test_steps_are_those_of_keras(clipnorm):
    ours, expected = variables(), variables()
    train(make(FlatAdamW, clipnorm), ours, 0, 7)
    train(make(keras.optimizers.AdamW, clipnorm), expected, 0, 7)
    assert_same(ours, expected)


@pytest.mark.parametrize(
    ("saving", "restoring"),
    [(FlatAdamW, FlatAdamW), (keras.optimizers.AdamW, FlatAdamW), (FlatAdamW, keras.optimizers.AdamW)],
)
def test_a_checkpoint_continues_as_if_nothing_had_been(saving, restoring, tmp_path):
    expected = variables()
    train(make(keras.optimizers.AdamW), expected, 0, 9)

    weights, optimizer = variables(), make(saving)
    optimizer.build(weights)
    train(optimizer, weights, 0, 5)
    path = tf.train.Checkpoint(weights=weights, optimizer=optimizer).save(str(tmp_path / "state"))
    weights, optimizer = variables(), make(restoring)
    optimizer.build(weights)
    tf.train.Checkpoint(weights=weights, optimizer=optimizer).restore(path).assert_existing_objects_matched()
    train(optimizer, weights, 5, 9)
    assert_same(weights, expected)


def test_putting_its_variables_back_starts_again():
    weights, optimizer = variables(), make(FlatAdamW)
    optimizer.build(weights)
    fresh = [variable.numpy() for variable in optimizer.variables]
    train(optimizer, weights, 0, 3)
    for variable, value in zip(optimizer.variables, fresh, strict=True):
        variable.assign(value)
    for weight, start in zip(weights, variables(), strict=True):
        weight.assign(start)
    train(optimizer, weights, 0, 4)
    expected = variables()
    train(make(keras.optimizers.AdamW), expected, 0, 4)
    assert_same(weights, expected)


def test_other_variables_are_refused():
    weights, optimizer = variables(), make(FlatAdamW)
    optimizer.build(weights)
    with pytest.raises(ValueError, match="built on"):
        optimizer.apply_gradients([(tf.zeros(2), weights[1])])


def test_an_average_is_saved_weight_by_weight(tmp_path):
    weights = variables()
    average = WeightAverage(weights, 0.9)
    for weight in weights:
        weight.assign(weight + 1)
    average.update(tf.constant(3))
    path = tf.train.Checkpoint(average=average).save(str(tmp_path / "state"))
    shapes = dict(tf.train.list_variables(path))
    for i, weight in enumerate(weights):
        assert shapes[f"average/average/{i}/.ATTRIBUTES/VARIABLE_VALUE"] == weight.shape
    again = WeightAverage(variables(), 0.9)
    tf.train.Checkpoint(average=again).restore(path).assert_existing_objects_matched()
    for mine, theirs in zip(again.values(), average.values(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
