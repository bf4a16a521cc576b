import pytest

from ffkeras.backend import tf
from ffkeras.errors import UserError
from ffkeras.training.checkpoint import RunCheckpoint

OPERATION = "{{function_node __wrapped__SaveV2_dtypes_2_device_/job:localhost/device:CPU:0}} "


@pytest.fixture
def checkpoint(tmp_path):
    return RunCheckpoint(tmp_path, step=tf.Variable(7))


def fail_after_a_part(monkeypatch, checkpoint, folder, error):
    def save(checkpoint_number):
        part = folder / "checkpoint" / f"ckpt-{checkpoint_number}_temp"
        part.mkdir(parents=True)
        (part / "part-00000-of-00001.data-00000-of-00001").touch()
        raise error

    monkeypatch.setattr(checkpoint._manager, "save", save)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            tf.errors.ResourceExhaustedError(
                None, None, OPERATION + "/run/ckpt-2_temp/part; No space left on device [Op:SaveV2]"
            ),
            "No space left on device",
        ),
        (
            tf.errors.PermissionDeniedError(None, None, OPERATION + "/run/ckpt; Permission denied [Op:SaveV2]"),
            "Permission denied",
        ),
        (tf.errors.UnknownError(None, None, OPERATION + "the tape is torn. [Op:SaveV2]"), "the tape is torn"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_a_failed_save_tells_the_plain_reason_and_leaves_the_one_before(
    checkpoint, tmp_path, monkeypatch, error, reason
):
    checkpoint.save(1)
    before = sorted((tmp_path / "checkpoint").iterdir())
    fail_after_a_part(monkeypatch, checkpoint, tmp_path, error)
    with pytest.raises(UserError, match=f"cannot write a checkpoint into {tmp_path}/checkpoint: {reason}; free"):
        checkpoint.save(2)
    assert sorted((tmp_path / "checkpoint").iterdir()) == before
    checkpoint.restore()


@pytest.fixture
def saved(tmp_path):
    """A folder with checkpoints of steps 5 and 9, and a new process's variable and checkpoint of it."""
    step = tf.Variable(5)
    checkpoint = RunCheckpoint(tmp_path, step=step)
    for number in (5, 9):
        step.assign(number)
        checkpoint.save(number)
    step.assign(0)
    return tmp_path, step, lambda: RunCheckpoint(tmp_path, step=step)


def damage(path, how):
    data = bytearray(path.read_bytes())
    if how == "cut":
        data = data[: len(data) // 2]
    elif how == "changed":
        for place in range(len(data)):
            data[place] ^= 0x55
    elif how == "empty":
        data = b""
    path.write_bytes(data)
    if how == "gone":
        path.unlink()


@pytest.mark.parametrize("how", ["cut", "changed", "empty", "gone"])
@pytest.mark.parametrize("part", ["ckpt-9.index", "ckpt-9.data-00000-of-00001"])
def test_a_damaged_newest_state_gives_way_to_the_one_before_and_is_told(saved, caplog, part, how):
    folder, step, again = saved
    damage(folder / "checkpoint" / part, how)
    assert RunCheckpoint.exists(folder)
    again().restore()
    assert int(step) == 5
    assert "ckpt-9 is damaged; the run goes on from step 5." in caplog.text


@pytest.mark.parametrize("how", ["cut", "changed", "empty", "gone"])
def test_a_damaged_list_of_states_is_no_new_start(saved, caplog, how):
    folder, step, again = saved
    damage(folder / "checkpoint" / "checkpoint", how)
    assert RunCheckpoint.exists(folder)
    assert RunCheckpoint.newest_step(folder) == 9
    again().restore()
    assert int(step) == 9
    assert "checkpoint is damaged; the run goes on from step 9." in caplog.text


def test_where_no_state_is_whole_that_is_one_sentence(saved):
    folder, _, again = saved
    for path in folder.glob("checkpoint/*.index"):
        damage(path, "changed")
    with pytest.raises(UserError, match="ckpt-9 is damaged or of another network"):
        again().restore()
    for path in folder.glob("checkpoint/*"):
        path.unlink()
    assert not RunCheckpoint.exists(folder)


def test_a_run_that_was_put_back_does_not_find_its_later_states(saved):
    folder, step, again = saved
    checkpoint = again()
    step.assign(7)
    checkpoint.save_stable(7)
    assert RunCheckpoint.go_back(folder) == RunCheckpoint.newest_step(folder) == 7
    damage(folder / "checkpoint" / "stable" / "ckpt-7.index", "changed")
    again().restore()
    assert int(step) == 5
