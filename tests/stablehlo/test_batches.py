"""Batches for a machine without TensorFlow."""

import dataclasses

import numpy as np
import pytest

from ffkeras.data.samples import PipelineConfig, make_sample, normalised_faces
from ffkeras.errors import UserError
from ffkeras.models.config import TWO_PER_CELL
from ffkeras.stablehlo.batches import BatchMaker, load_source, matcher_of
from ffkeras.stablehlo.plan import Plan
from ffkeras.training.config import TrainingConfig
from ffkeras.training.matching import FACE
from tests.data.label_folder import write_noise_folder


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> Plan:
    folder = tmp_path_factory.mktemp("faces")
    write_noise_folder(folder, 5, (80, 120), ["20 20 40 40", "70 30 20 24"])
    return Plan(
        (), TrainingConfig(data=(str(folder),), image_size=(64, 96), batch_size=2, steps=7), anchors=TWO_PER_CELL
    )


@pytest.mark.parametrize("processes", [1, 2])
def test_batches_hold_the_samples_of_training_here_in_their_order(plan, processes):
    source = load_source(plan)
    config = PipelineConfig(
        plan.training.image_size, plan.training.batch_size, plan.mean, plan.training.seed, plan.training.augment
    )
    with BatchMaker(plan, processes) as maker:
        batches = list(maker)
    assert len(batches) == plan.training.steps
    for position in range(plan.training.steps * plan.training.batch_size):
        step, row = divmod(position, plan.training.batch_size)
        sample = make_sample(source, config, position)
        pixels, *targets = (array[row] for array in batches[step])
        np.testing.assert_array_equal(pixels, sample.image)
        expected = matcher_of(plan)(*normalised_faces(sample, plan.training.image_size))
        for values, (name, wanted) in zip(targets, expected.items(), strict=True):
            np.testing.assert_array_equal(values, wanted, err_msg=name)
    assert sum((batch[1] == FACE).sum() for batch in batches) > plan.training.steps


def test_an_unreadable_image_is_named(plan, tmp_path):
    (tmp_path / "label.txt").write_text("# broken.jpg\n1 1 9 9\n# other.jpg\n1 1 9 9\n")
    for name in ("broken", "other"):
        (tmp_path / f"{name}.jpg").write_bytes(b"no image")
    with (
        BatchMaker(
            dataclasses.replace(plan, training=dataclasses.replace(plan.training, data=(str(tmp_path),))), 1
        ) as maker,
        pytest.raises(UserError, match="jpg"),
    ):
        next(iter(maker))
