"""What a leg is made of, without its steps."""

import numpy as np
import pytest

from ffkeras.data.shard_writer import write_shards
from ffkeras.data.tiny import TinyImages
from ffkeras.errors import UserError
from ffkeras.models.config import TWO_PER_CELL
from ffkeras.stablehlo.leg import (
    DATA_FOLDER,
    NUMBERS_FILE,
    Leg,
    LegResult,
    LegSource,
    check_pieces,
    check_sizes,
    write_pieces,
)
from ffkeras.stablehlo.state import StateLayout, pack_state, unpack_state
from ffkeras.training.config import TrainingConfig

VALUES = [
    np.float32(0.5),
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.array(7, np.int64),
    np.ones((2, 1, 2), np.float32),
    np.array([3, 4], np.int32),
]


def leg_of(values) -> Leg:
    layout = StateLayout.of(values)
    training = TrainingConfig(image_size=(64, 96), batch_size=2)
    return Leg(4, 10, 9, layout.shapes, layout.types, ("loss",), "digest", training, (128.0,) * 3, TWO_PER_CELL)


def test_a_state_is_packed_by_type_and_comes_back():
    packed = pack_state(VALUES)
    assert {kind: vector.size for kind, vector in packed.items()} == {"float32": 11, "int32": 2, "int64": 1}
    for value, expected in zip(unpack_state(packed, leg_of(VALUES)), VALUES, strict=True):
        assert (value.dtype, value.shape) == (expected.dtype, expected.shape)
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("others", [VALUES[:-1], [*VALUES, VALUES[0]], [*VALUES[:1], VALUES[1][:1], *VALUES[2:]]])
def test_a_state_of_another_network_is_refused(others):
    with pytest.raises(ValueError, match="another network"):
        unpack_state(pack_state(others), leg_of(VALUES))


def test_a_leg_is_read_as_it_was_written(tmp_path):
    leg = leg_of(VALUES)
    leg.write(tmp_path)
    assert Leg.read(tmp_path) == leg
    assert leg.steps == 6
    with pytest.raises(UserError, match="holds no leg"):
        Leg.read(tmp_path / "other")
    (tmp_path / "leg.json").write_text('{"anchors": 3}')
    with pytest.raises(UserError, match="is not a leg"):
        Leg.read(tmp_path)


def test_every_file_that_did_not_arrive_whole_is_named(tmp_path):
    for name, content in {"a": b"one", "data/b": b"two" * 100, "data/c": b""}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match="data/b has 300 bytes"):
        check_sizes(tmp_path, 299)
    check_sizes(tmp_path, 300)
    write_pieces(tmp_path)
    check_pieces(tmp_path)
    (tmp_path / "a").unlink()
    (tmp_path / "data" / "b").write_bytes(b"two" * 99 + b"twO")
    with pytest.raises(UserError, match="a, data/b did not arrive whole"):
        check_pieces(tmp_path)


def test_a_result_is_read_as_it_was_written(tmp_path):
    result = LegResult("digest", pack_state(VALUES), np.ones((3, 1), np.float32))
    result.write(tmp_path / "result.npz")
    read = LegResult.read(tmp_path / "result.npz")
    assert (read.digest, read.losses.shape, set(read.state)) == ("digest", (3, 1), set(result.state))
    content = (tmp_path / "result.npz").read_bytes()
    (tmp_path / "result.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match="damaged"):
        LegResult.read(tmp_path / "result.npz")


@pytest.mark.parametrize("room", [0, 2 * 32 * 32 * 3, 1 << 20])
def test_images_are_found_under_the_numbers_of_the_whole_set(tmp_path, room):
    tiny, numbers = TinyImages(20), [2, 3, 11, 19]

    class Some(TinyImages):
        def __len__(self):
            return len(numbers)

        def is_held_out(self, index):
            return False

        def encoded(self, index):
            return tiny.encoded(numbers[index])

    write_shards(Some(4), tmp_path / DATA_FOLDER, 2000)
    np.save(tmp_path / NUMBERS_FILE, np.array(numbers))
    source = LegSource(tmp_path, 20, room)
    source.decode_all(2)
    assert len(source) == 20
    for number in numbers:
        image, labelled = source.load(number)
        np.testing.assert_array_equal(image, tiny.load(number)[0])
        np.testing.assert_array_equal(labelled.boxes, tiny.load(number)[1].boxes)
    with pytest.raises(UserError, match="lacks image 4"):
        source.load(4)
