"""`tf.train.Example` read without TensorFlow, for machines that have none."""

import struct
from collections.abc import Iterator

import numpy as np

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types of protocol buffers
FEATURES, MAP_ENTRY, KEY, VALUE, LIST = 1, 1, 1, 2, 1  # field numbers of tensorflow/core/example/*.proto
BYTES_LIST, FLOAT_LIST, INT64_LIST = 1, 2, 3

Feature = list[bytes] | np.ndarray


def parse_example(data: bytes) -> dict[str, Feature]:
    """The features of a serialised `tf.train.Example` by name.

    Returns:
        Lists of bytes, float32 [N] or int64 [N], by the feature's kind; an empty feature gives an empty list.

    Raises:
        ValueError: the bytes are none.
    """
    features: dict[str, Feature] = {}
    for number, part in _fields(data):
        for inner, entry in _fields(part) if number == FEATURES else ():
            if inner == MAP_ENTRY:
                pair = dict(_fields(entry))
                features[pair.get(KEY, b"").decode()] = _feature(pair.get(VALUE, b""))
    return features


def _feature(data: bytes) -> Feature:
    for number, part in _fields(data):
        values = [value for field, value in _fields(part) if field == LIST]
        if number == BYTES_LIST:
            return values
        if number == FLOAT_LIST:  # packed, or one by one
            return np.frombuffer(b"".join(values), "<f4")
        if number == INT64_LIST:
            return np.array([one for value in values for one in _varints(value)], np.int64)
    return []


def _varints(value: int | bytes) -> list[int]:
    """The numbers of a packed field, or the one of a field that is not packed, as signed 64-bit numbers."""
    numbers, at = [value] if isinstance(value, int) else [], 0
    while not isinstance(value, int) and at < len(value):
        number, at = _varint(value, at)
        numbers.append(number)
    return [number - (1 << 64) if number >> 63 else number for number in numbers]


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of every field of a message: a number for a varint, otherwise its bytes."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == VARINT:
            value, at = _varint(data, at)
        else:
            if kind == BYTES:
                size, at = _varint(data, at)
            elif kind in (FIXED32, FIXED64):
                size = struct.calcsize("<I" if kind == FIXED32 else "<Q")
            else:
                raise ValueError(f"wire type {kind}")
            if size > len(data) - at:
                raise ValueError("a field that breaks off")
            value, at = data[at : at + size], at + size
        yield tag >> 3, value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place after it."""
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number & (1 << 64) - 1, at
    raise ValueError("a number that breaks off")
