import csv
import dataclasses
import os
import shutil
import signal

import cv2
import numpy as np
import pytest

from ffkeras.data.synthetic import SyntheticFaces
from ffkeras.errors import UserError
from ffkeras.models.saving import load_run, save_run
from ffkeras.progress import training_progress
from ffkeras.training.config import TrainingConfig
from ffkeras.training.run import resume_run, start_run
from ffkeras.training.trainer import Trainer
from tests.small_networks import PLAIN_V2_ULTRA

CONFIG = TrainingConfig(
    synthetic_count=24,
    image_size=(64, 64),
    batch_size=4,
    epochs=8,
    learning_rate=1e-2,
    warmup_steps=5,
    validation_size=(64, 64),
)
NETWORK = PLAIN_V2_ULTRA


def read_rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    trainer = start_run(NETWORK, CONFIG, folder)
    trainer.run()
    return trainer


def interrupt_at(trainer, step):
    after = trainer._after_step

    def after_step(now, *arguments):
        after(now, *arguments)
        if now == step:
            os.kill(os.getpid(), signal.SIGTERM)

    trainer._after_step = after_step


@pytest.mark.slow
def test_an_interrupted_run_ends_as_an_uninterrupted_one(finished, tmp_path):
    first = start_run(NETWORK, CONFIG, tmp_path)
    interrupt_at(first, 27)
    with pytest.raises(KeyboardInterrupt):
        first.run()
    assert int(first.step) == 27
    with (tmp_path / "steps.csv").open("a") as file:
        file.write("40,1,1,1,1,1\n60,1,1")  # what a kill some steps after the checkpoint leaves

    resumed = resume_run(tmp_path)
    resumed.run()
    for name in ("steps.csv", "epochs.csv"):
        expected, rows = read_rows(finished.folder / name), read_rows(tmp_path / name)
        assert [row["step"] for row in rows] == [row["step"] for row in expected]
        for column in expected[0]:
            values, wanted = ([float(row[column]) for row in each] for each in (rows, expected))
            np.testing.assert_allclose(values, wanted, rtol=1e-3, atol=1e-4, err_msg=f"{name}: {column}")
    for weight, wanted in zip(resumed.model.weights, finished.model.weights, strict=True):
        np.testing.assert_allclose(weight.numpy(), wanted.numpy(), rtol=1e-2, atol=1e-3, err_msg=wanted.name)


@pytest.mark.slow
def test_a_run_of_so_many_steps_ends_within_an_epoch(tmp_path):
    trainer = start_run(NETWORK, dataclasses.replace(CONFIG, synthetic_count=12, steps=8), tmp_path)
    trainer.run()
    rows = read_rows(tmp_path / "epochs.csv")
    assert [(row["step"], row["epoch"]) for row in rows] == [("3", "1"), ("6", "2"), ("8", "3")]
    assert all(0 < float(row["loss"]) < 2 * float(rows[0]["loss"]) for row in rows)


def extendable(epochs, **values):
    changes = {"schedule": "wsd", "epochs": epochs, "decay_share": 0.5, "frozen_norm_share": 0.25}
    return dataclasses.replace(CONFIG, **{**changes, **values})


@pytest.fixture(scope="module")
def decayed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decayed")
    start_run(NETWORK, extendable(4), folder).run()
    return folder


def test_a_run_made_longer_goes_on_from_before_its_decay_and_keeps_its_best(decayed, tmp_path):
    shutil.copytree(decayed, tmp_path, dirs_exist_ok=True)
    best = max(float(row["validation_ap"]) for row in read_rows(tmp_path / "epochs.csv"))
    longer = resume_run(tmp_path, changes={"epochs": 6, "decay_share": 0.4})
    longer.checkpoint.restore()
    assert longer.step == 12  # half of 4 epochs of 6 steps
    interrupt_at(longer, 13)
    with pytest.raises(KeyboardInterrupt):
        longer.run()
    assert float(longer.best) == pytest.approx(best)
    again = resume_run(tmp_path)  # the change has been kept
    assert again.config == extendable(6, decay_share=0.4)


def test_only_what_can_go_on_is_made_longer(decayed, finished, tmp_path):
    with pytest.raises(UserError, match="cosine, which ends when it ends"):
        resume_run(finished.folder, changes={"epochs": 20})
    with pytest.raises(UserError, match="12 steps and would have to decay from step 6 on"):
        shutil.copytree(decayed, tmp_path, dirs_exist_ok=True)
        resume_run(tmp_path, changes={"epochs": 4, "decay_share": 0.75})


def test_statistics_stand_still_in_the_frozen_steps(finished):
    norm = finished.model.backbone.stem.norm
    batch = next(finished.batches(0))
    before = norm.moving_mean.numpy()
    finished._train_step(*batch, frozen_norm=True)
    np.testing.assert_array_equal(norm.moving_mean.numpy(), before)
    finished._train_step(*batch)
    assert np.abs(norm.moving_mean.numpy() - before).max() > 0


def test_loss_falls(finished):
    losses = [float(row["loss"]) for row in read_rows(finished.folder / "epochs.csv")]
    assert losses[-1] < 0.9 * losses[0]


def test_the_run_folder_loads_with_the_averaged_weights(finished):
    model = load_run(finished.folder)
    assert model.config == NETWORK
    moved = [
        np.abs(saved.numpy() - trained.numpy()).max()
        for saved, trained in zip(model.trainable_weights, finished.model.trainable_weights, strict=True)
    ]
    assert max(moved) > 0  # the average lags behind the weights
    assert all(np.isfinite(weight.numpy()).all() for weight in model.weights)


def test_a_new_run_does_not_overwrite_an_old_one(finished):
    with pytest.raises(UserError, match="--resume"):
        start_run(NETWORK, CONFIG, finished.folder)


def test_a_run_killed_before_its_first_checkpoint_starts_from_the_same_weights(finished, tmp_path):
    config = TrainingConfig(**{**CONFIG.to_json(), "start_from": str(finished.folder), "seed": 5})
    first = start_run(NETWORK, config, tmp_path)
    again = resume_run(tmp_path)
    for weight, wanted in zip(again.model.weights, first.model.weights, strict=True):
        np.testing.assert_array_equal(weight.numpy(), wanted.numpy())
    saved = load_run(finished.folder)
    np.testing.assert_array_equal(first.model.weights[0].numpy(), saved.weights[0].numpy())


def test_resuming_an_empty_folder_says_so(tmp_path):
    with pytest.raises(UserError, match="holds no run"):
        resume_run(tmp_path)


def test_resuming_a_finished_run_changes_nothing(finished):
    before = (finished.folder / "steps.csv").read_bytes()
    resume_run(finished.folder).run()
    assert (finished.folder / "steps.csv").read_bytes() == before


def test_a_loss_that_is_not_finite_stops_the_run_with_a_sentence(finished):
    finished.row_sums.assign_add([np.nan] * 4)
    try:
        with pytest.raises(UserError, match="learning rate"), training_progress() as progress:
            finished._after_step(20, progress, progress.add_task("", loss=""))
    finally:
        finished.row_sums.assign([0.0] * 4)


def test_nothing_of_a_run_that_went_wrong_is_kept(tmp_path):
    """Fewer steps than a row of the log has, so that the epoch's end must notice."""
    trainer = start_run(NETWORK, dataclasses.replace(CONFIG, epochs=1), tmp_path)
    trainer.model.weights[0].assign(np.full(trainer.model.weights[0].shape, np.nan))
    with pytest.raises(UserError, match="became nan at step 6; start again|training went wrong before step"):
        trainer.run()
    for save in (trainer._save_checkpoint, lambda step: save_run(trainer.model, tmp_path)):
        with pytest.raises(UserError, match="numbers that are not finite"):
            save(6)
    assert not (tmp_path / "model.weights.h5").exists()
    assert not list(tmp_path.glob("checkpoint/ckpt*"))
    assert read_rows(tmp_path / "epochs.csv") == read_rows(tmp_path / "steps.csv") == []


def test_a_run_is_not_resumed_on_other_data(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(folder / name), np.zeros((64, 64, 3), np.uint8))
    labels = folder / "label.txt"
    labels.write_text("# a.png\n1 2 30 30\n# b.png\n5 5 30 30\n")
    config = dataclasses.replace(CONFIG, data=(str(folder),), batch_size=2)
    start_run(NETWORK, config, tmp_path / "run")
    resume_run(tmp_path / "run")
    labels.write_text(labels.read_text().replace("5 5", "6 5"))
    with pytest.raises(UserError, match="images or labels have changed since the run in .*run began"):
        resume_run(tmp_path / "run")


def test_without_held_out_images_the_latest_weights_are_saved(finished, tmp_path):
    trainer = Trainer(finished.model, CONFIG, SyntheticFaces(8, 0, (64, 64)), [], tmp_path)
    assert trainer.validation is None
    trainer.epochs_log, trainer.board = finished.epochs_log, finished.board
    with training_progress() as progress:
        trainer._end_epoch(2, dict.fromkeys(trainer.loss.names, 1.0), progress)
    assert (tmp_path / "model.weights.h5").exists()
