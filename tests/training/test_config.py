import json

import pytest

from ffkeras.errors import UserError
from ffkeras.training.config import TrainingConfig


def test_a_configuration_survives_json():
    config = TrainingConfig(data=("a", "b"), image_size=(64, 96), epochs=3, seed=7)
    assert TrainingConfig.from_json(json.loads(json.dumps(config.to_json())), "x.json") == config


def test_an_unknown_field_names_the_file():
    with pytest.raises(UserError, match="x.json.*colour"):
        TrainingConfig.from_json({"colour": 1}, "x.json")


@pytest.mark.parametrize("field", ["batch_size", "epochs", "synthetic_count", "learning_rate"])
def test_numbers_must_be_above_zero(field):
    with pytest.raises(UserError, match=f"{field} is 0"):
        TrainingConfig(**{field: 0})


def test_the_share_of_frozen_steps_is_a_share():
    with pytest.raises(UserError, match="frozen_norm_share is 1.5"):
        TrainingConfig(frozen_norm_share=1.5)
