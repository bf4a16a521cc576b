"""Examples that TensorFlow wrote, read without it."""

import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.data.tf_example import parse_example


def example(**features):
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def test_every_kind_of_feature_is_read_as_it_was_written():
    floats, whole = [1.5, -2.25, 1e30], [0, 1, -1, 2**63 - 1, -(2**63), 300]
    data = example(
        a=tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"one", b"", bytes(range(256)) * 9])),
        b=tf.train.Feature(float_list=tf.train.FloatList(value=floats)),
        c=tf.train.Feature(int64_list=tf.train.Int64List(value=whole)),
        d=tf.train.Feature(),
    )
    read = parse_example(data)
    assert read["a"] == [b"one", b"", bytes(range(256)) * 9]
    np.testing.assert_array_equal(read["b"], np.array(floats, np.float32))
    np.testing.assert_array_equal(read["c"], whole)
    assert len(read["d"]) == 0


def test_numbers_that_are_not_packed_are_read_too():
    floats = b"\x12\x05\x0d\x00\x00\xc0\x3f"  # float_list of one fixed 1.5
    whole = b"\x1a\x02\x08\x07"  # int64_list of one varint 7
    entries = b"".join(
        b"\x0a" + bytes([len(e)]) + e for e in (b"\x0a\x01a\x12\x07" + floats, b"\x0a\x01b\x12\x04" + whole)
    )
    read = parse_example(b"\x0a" + bytes([len(entries)]) + entries)
    assert read["a"].tolist() == [1.5]
    assert read["b"].tolist() == [7]


@pytest.mark.parametrize("cut", range(1, 30, 3))
def test_bytes_that_break_off_are_refused(cut):
    data = example(name=tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"a longer text"])))
    with pytest.raises(ValueError, match="breaks off|wire type|utf|codec"):
        parse_example(data[:-cut])
