import pytest

from ffkeras.errors import UserError
from ffkeras.runtime import read_metadata
from ffkeras.runtime.borders import read_borders
from tests import forged

NAME = "some.tflite"


def test_a_file_that_is_not_what_its_record_says_is_refused():
    for kind, model in forged.forged_files():
        with pytest.raises(UserError, match="^some.tflite ") as refusal:
            pytest.fail(f"{kind} is read as {read_metadata(model, NAME)}")
        assert "\n" not in str(refusal.value) and len(str(refusal.value)) < 500, kind
        assert "damaged" not in str(refusal.value), kind  # the checksum is right


def test_a_file_that_is_odd_but_sound_is_read():
    for kind, model in forged.sound_files():
        assert read_metadata(model, NAME).image_size == (160, 160), kind


def test_random_records_are_taken_or_refused_in_one_sentence():
    taken = 0
    for kind, model in forged.random_records(0, 150):
        try:
            taken += read_metadata(model, NAME).image_size == (160, 160)
        except UserError as error:
            assert "\n" not in str(error) and "damaged" not in str(error), kind
    assert 0 < taken < 150


def test_borders_are_those_of_the_file():
    inputs, outputs = read_borders(forged.MODEL.read_bytes())
    assert [border.shape for border in inputs] == [(1, 160, 160, 3)]
    assert (inputs[0].type, inputs[0].scale, inputs[0].zero_point) == ("int8", 1, 0)
    assert {border.shape[-1]: border.levels for border in outputs} == dict.fromkeys((1, 4, 10), (1200, 300, 75))
