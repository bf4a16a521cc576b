"""The state of a run on disk, from which it continues as if it had never stopped."""

import contextlib
import errno
import os
import shutil
from pathlib import Path

from ffkeras.backend import tf
from ffkeras.errors import UserError

FOLDER = "checkpoint"
KEPT = 2
WRITE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ENOENT)


class RunCheckpoint:
    """Saves and restores everything that changes in training; a kill while saving leaves the one before.

    Args:
        folder: of the run.
        state: trackable objects and variables by name.
    """

    def __init__(self, folder: Path, **state):
        self._manager = tf.train.CheckpointManager(tf.train.Checkpoint(**state), str(folder / FOLDER), KEPT)

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether a run in `folder` has left a checkpoint."""
        return tf.train.latest_checkpoint(str(folder / FOLDER)) is not None

    def save(self, step: int) -> None:
        """Write the state of `step`. Raises UserError where the disk is full or the folder cannot be written."""
        try:
            self._manager.save(checkpoint_number=step)
        except (OSError, tf.errors.OpError) as error:
            self._remove_unfinished()
            raise UserError(
                f"cannot write a checkpoint into {self._manager.directory}: {_plain_reason(error)}; "
                "free some space or allow writing, then resume."
            ) from error

    def _remove_unfinished(self) -> None:
        """Remove what TensorFlow writes before a checkpoint is whole: the parts of its arrays and of its index."""
        for path in Path(self._manager.directory).glob("*temp*"):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):  # the failed write is what is told
                    path.unlink(missing_ok=True)

    def restore(self) -> None:
        """Read the newest state. Raises UserError where it belongs to another network."""
        newest = self._manager.latest_checkpoint
        try:
            self._manager.checkpoint.restore(newest).assert_existing_objects_matched()
        except (AssertionError, ValueError, tf.errors.OpError) as error:
            raise UserError(f"{newest} is damaged or of another network; train into another folder.") from error


def _plain_reason(error: OSError | tf.errors.OpError) -> str:
    """The system's words for a failed write, which TensorFlow wraps in the name of its operation and file names."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    message = str(error)
    for number in WRITE_ERRORS:
        if os.strerror(number).lower() in message.lower():
            return os.strerror(number)
    first_line = message.partition("\n")[0].partition(" [Op:")[0]
    return first_line.rpartition("}} ")[2][:200].rstrip(" .")
