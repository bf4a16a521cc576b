import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ffkeras.quantization.calibration import STEPS, align_range

part = st.floats(0, 0.5)


@example(width=1.0, below=0.5, above=0.5)
@given(width=st.floats(0.01, 1000), below=part, above=part)
def test_an_aligned_range_holds_the_old_one_in_a_whole_fraction_of_the_maps_scale(width, below, above):
    low, high = align_range(-below * width, above * width, width)
    step = (high - low) / STEPS
    assert low <= -below * width + step and high >= above * width - step  # zero lies on a step, so an end may round
    parts = width / (high - low)
    assert parts == pytest.approx(round(parts), rel=1e-6) and round(parts) >= 1
    assert low / step == pytest.approx(round(low / step), abs=1e-4)


def test_a_narrow_range_keeps_its_fine_steps():
    low, high = align_range(0.0, 1.4, 6.0)
    assert (low, high) == (0.0, 1.5)
