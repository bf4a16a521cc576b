import numpy as np
import pytest

from ffkeras.geometry import AnchorConfig, make_anchors
from ffkeras.models.config import THREE_PER_CELL, TWO_PER_CELL

CELLS = 80 * 80 + 40 * 40 + 20 * 20  # of a 640 x 640 input


@pytest.mark.parametrize(("config", "count"), [(TWO_PER_CELL, 16_800), (THREE_PER_CELL, 25_200)])
def test_a_640_input_has_the_published_number_of_anchors(config, count):
    anchors = make_anchors(config, (640, 640))
    assert anchors.shape == (count, 4)
    assert anchors.dtype == np.float32
    assert config.per_cell * CELLS == count


def test_anchors_of_a_small_input_are_those_counted_by_hand():
    """32 high and 64 wide: P3 has 4 x 8 cells, P4 2 x 4, P5 1 x 2; one cell after the other, row by row."""
    pixels = make_anchors(TWO_PER_CELL, (32, 64)) * (64, 32, 64, 32)
    assert len(pixels) == 2 * (32 + 8 + 2)
    expected = {
        0: (4, 4, 16, 16),  # P3, row 0, column 0
        1: (4, 4, 32, 32),
        2: (12, 4, 16, 16),  # column 1
        15: (60, 4, 32, 32),  # column 7, the end of the row
        16: (4, 12, 16, 16),  # row 1
        63: (60, 28, 32, 32),
        64: (8, 8, 64, 64),  # P4
        67: (24, 8, 128, 128),
        72: (8, 24, 64, 64),
        79: (56, 24, 128, 128),
        80: (16, 16, 256, 256),  # P5
        83: (48, 16, 512, 512),
    }
    np.testing.assert_allclose(pixels[list(expected)], list(expected.values()), rtol=1e-6)


def test_centres_lie_half_a_stride_into_their_cells():
    pixels = make_anchors(AnchorConfig(((20,),), strides=(16,)), (96, 160)) * (160, 96, 160, 96)
    grid = pixels.reshape(6, 10, 4)  # [rows, columns, 4]
    np.testing.assert_allclose(grid[2, :, 0], [8, 24, 40, 56, 72, 88, 104, 120, 136, 152], rtol=1e-6)
    np.testing.assert_allclose(grid[:, 7, 1], [8, 24, 40, 56, 72, 88], rtol=1e-6)


@pytest.mark.parametrize("size", [(640, 650), (650, 640), (16, 32), (48, 64)])
def test_a_side_that_is_no_multiple_of_32_is_refused(size):
    with pytest.raises(ValueError, match="multiple of 32"):
        make_anchors(TWO_PER_CELL, size)


@pytest.mark.parametrize(
    ("sizes", "strides", "word"),
    [
        (((16, 32), (64, 128)), (8, 16, 32), "2 levels"),
        ((), (), "no levels"),
        ((16, 32, 64), (8, 16, 32), "a list for each level"),
        (((16, 32), (64,), (256, 512)), (8, 16, 32), "as many anchors"),
        (((), (), ()), (8, 16, 32), "at least one"),
        (((0,),), (8,), "above zero"),
        (((-16,),), (8,), "above zero"),
        (((float("nan"),),), (8,), "above zero"),
        (((float("inf"),),), (8,), "above zero"),
        (((True,),), (8,), "above zero"),
        ((("16",),), (8,), "above zero"),
        (((16,),), (0,), "stride"),
        (((16,),), (8.0,), "stride"),
        (((16,),), (True,), "stride"),
    ],
)
def test_levels_that_make_no_anchors_are_refused(sizes, strides, word):
    with pytest.raises(ValueError, match=word):
        AnchorConfig(sizes, strides)
