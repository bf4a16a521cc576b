"""The state of a run on disk, from which it continues as if it had never stopped."""

from pathlib import Path

from ffkeras.backend import tf
from ffkeras.errors import UserError

FOLDER = "checkpoint"
KEPT = 2


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
            reason = str(error).splitlines()[0][:200]
            raise UserError(f"cannot write a checkpoint into {self._manager.directory}: {reason}.") from error

    def restore(self) -> None:
        """Read the newest state. Raises UserError where it belongs to another network."""
        newest = self._manager.latest_checkpoint
        try:
            self._manager.checkpoint.restore(newest).assert_existing_objects_matched()
        except (AssertionError, ValueError, tf.errors.OpError) as error:
            raise UserError(f"{newest} is damaged or of another network; train into another folder.") from error
