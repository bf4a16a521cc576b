"""Who takes part in a run, and what one worker alone does."""

import json

import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.errors import UserError
from ffkeras.training.workers import ALONE, WorkerLost, Workers, join_workers, parse_cluster


def text(cluster, kind="worker", index=0):
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


def test_workers_are_counted_with_the_chief_first():
    cluster = {"worker": ["b:1", "c:2"], "chief": ["a:1"]}
    assert parse_cluster(text(cluster, "chief")) == (["a:1", "b:1", "c:2"], 0)
    assert parse_cluster(text(cluster, "worker", 1)) == (["a:1", "b:1", "c:2"], 2)
    assert parse_cluster(text({"worker": ["a:1"]})) == (["a:1"], 0)
    assert parse_cluster("{}") == ([], 0)


@pytest.mark.parametrize(
    "wrong",
    [
        "no JSON",
        "[]",
        '{"cluster": 3}',
        '{"cluster": {"worker": ["a:1"]}}',
        text({"worker": ["a:1"]}, "worker", 1),
        text({"worker": ["a:1"]}, "ps", 0),
        text({"worker": ["a:1"], "ps": ["b:1"]}),
        text({"worker": ["a"]}),
        text({"worker": [1]}),
    ],
)
def test_a_variable_that_cannot_be_read_is_told_in_a_sentence(wrong, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", wrong)
    with pytest.raises(UserError, match="TF_CONFIG cannot be used"):
        join_workers()


@pytest.mark.parametrize("alone", ["", "{}", text({"worker": ["a:1"]})])
def test_one_worker_alone_exchanges_nothing(alone, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", alone)
    assert join_workers() is ALONE
    variable = tf.Variable([1.0, 2.0])
    ALONE.share([variable])
    np.testing.assert_array_equal(variable, [1, 2])
    assert ALONE.tell({"a": [1]}) == {"a": [1]}
    assert (ALONE.any(True), ALONE.any(False)) == (True, False)
    assert ALONE.together(len)("abc") == 3


def test_a_broken_exchange_is_a_lost_worker_where_there_are_several():
    error = tf.errors.UnavailableError(None, None, "Socket closed\nmore")
    with pytest.raises(WorkerLost, match="^Socket closed$"), Workers(0, 2).watched():
        raise error
    with pytest.raises(tf.errors.UnavailableError), ALONE.watched():
        raise error
