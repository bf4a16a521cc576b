import numpy as np
import pytest

from ffkeras.errors import UserError
from ffkeras.models.config import NanoBConfig
from ffkeras.models.parts import part_weights
from ffkeras.models.saving import load_run
from ffkeras.training.config import TrainingConfig
from ffkeras.training.run import resume_run, start_run

NETWORK = NanoBConfig(
    attention=False, scale_decoupling=False, mse_fpn=False, assn=False, context=False, pyramid_layers=1
)
CONFIG = TrainingConfig(
    synthetic_count=8,
    image_size=(64, 64),
    batch_size=4,
    epochs=1,
    frozen_norm_share=0.0,  # which would be traced too
    average_decay=0.0,
    validation_size=(64, 64),
    frozen_blocks=3,
)
FROZEN = ("stem.", "blocks.0.", "blocks.1.")


def backbone(trainer):
    return {name: weight.numpy() for name, weight in part_weights(trainer.model, "backbone").items()}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run, its backbone before the first step, and boxes of its first batch then."""
    trainer = start_run(NETWORK, CONFIG, tmp_path_factory.mktemp("frozen") / "run")
    before, images = backbone(trainer), next(trainer.batches(0))[0]
    boxes = trainer.model(images)["bbox_regression"].numpy()
    trainer.run()
    return trainer, before, boxes


def test_frozen_blocks_stay_and_the_rest_learns(run):
    trainer, before, boxes = run
    for model in (trainer.model, load_run(trainer.folder)):
        after = part_weights(model, "backbone")
        for name, weight in before.items():
            assert np.array_equal(after[name].numpy(), weight) == name.startswith(FROZEN), name
    assert not np.allclose(trainer.model(next(trainer.batches(0))[0])["bbox_regression"], boxes)
    resumed = resume_run(trainer.folder)
    resumed.checkpoint.restore()
    for name, weight in backbone(resumed).items():
        np.testing.assert_array_equal(weight, backbone(trainer)[name])


def test_the_saved_network_is_the_averaged_one(run, tmp_path):
    """Of a run whose average is the last step's weights."""
    trainer = run[0]
    trainer.save(trainer.averaged_model, tmp_path)
    images = next(trainer.batches(0))[0]
    for name, value in load_run(tmp_path)(images).items():
        np.testing.assert_allclose(value, trainer.model(images)[name], atol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"frozen_blocks": 15}, "frozen_blocks is 15"),
        ({"frozen_blocks": 2, "quantize": True, "start_from": "a"}, "leave"),
    ],
)
def test_what_cannot_be_frozen_is_said(values, said):
    with pytest.raises(UserError, match=said):
        TrainingConfig(**values)
