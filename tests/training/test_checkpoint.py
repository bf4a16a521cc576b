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
