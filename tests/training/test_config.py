import json

import pytest

from ffkeras.data.augment_config import AugmentConfig
from ffkeras.errors import UserError
from ffkeras.training.config import BEFORE_CHOICE, TrainingConfig
from ffkeras.training.loss_config import SSD, LossConfig


def test_a_configuration_survives_json():
    config = TrainingConfig(
        data=("a", "b"),
        image_size=(64, 96),
        epochs=3,
        seed=7,
        loss=LossConfig(box_loss="diou", class_weight=3.0),
        augment=AugmentConfig((0.5, 2.0), mosaic_probability=0.5),
        schedule="wsd",
    )
    assert TrainingConfig.from_json(json.loads(json.dumps(config.to_json())), "x.json") == config


def test_a_file_from_before_the_loss_could_be_chosen_is_of_the_loss_of_then():
    values = TrainingConfig(epochs=3).to_json()
    del values["loss"], values["augment"]
    config = TrainingConfig.from_json(values, "x.json")
    assert config.loss == SSD
    assert config.augment == BEFORE_CHOICE
    assert TrainingConfig().loss != SSD


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"schedule": "steps"}, "schedule is 'steps'; choose one of cosine, wsd"),
        ({"norm_statistics": "mean"}, "norm_statistics is 'mean'; choose one of batch, worker"),
        ({"parts": ("backbone",)}, "--from"),
        ({"parts": ("backbone",), "start_from": "a", "quantize": True}, "--parts"),
    ],
)
def test_what_does_not_go_together_is_said(values, said):
    with pytest.raises(UserError, match=said):
        TrainingConfig(**values)


def test_an_unknown_field_names_the_file():
    for values in ({"colour": 1}, {"loss": {"colour": 1}}):
        with pytest.raises(UserError, match="x.json.*colour"):
            TrainingConfig.from_json(values, "x.json")


@pytest.mark.parametrize("field", ["batch_size", "epochs", "synthetic_count", "learning_rate", "gradient_norm"])
def test_numbers_must_be_above_zero(field):
    with pytest.raises(UserError, match=f"{field} is 0"):
        TrainingConfig(**{field: 0})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("weight_decay", -0.1),
        ("warmup_steps", -1),
        ("frozen_norm_share", 1.5),
        ("average_decay", -0.1),
        ("average_decay", 1.1),
        ("seed", -1),
        ("seed", 2**32),
    ],
)
def test_a_number_outside_its_range_is_refused_by_name(field, value):
    with pytest.raises(UserError, match=f"{field} is {value}; give"):
        TrainingConfig(**{field: value})


def test_the_ends_of_the_ranges_are_taken():
    TrainingConfig(weight_decay=0.0, warmup_steps=0, frozen_norm_share=0, average_decay=1, seed=2**32 - 1)


def test_steps_take_the_place_of_epochs():
    assert TrainingConfig(epochs=3).total_steps(10) == 30
    assert TrainingConfig(epochs=3, steps=7).total_steps(10) == 7
    with pytest.raises(UserError, match="steps is -1"):
        TrainingConfig(steps=-1)
