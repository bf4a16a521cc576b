"""The state of a run on disk, from which it continues as if it had never stopped."""

import contextlib
import errno
import os
import shutil
from pathlib import Path

from ffkeras.backend import tf
from ffkeras.errors import UserError
from ffkeras.files import write_text

FOLDER = "checkpoint"
STABLE = "stable"  # folder inside it: the last state before the learning rate decays
KEPT = 2
WRITE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ENOENT)


class RunCheckpoint:
    """Saves and restores everything that changes in training; a kill while saving leaves the one before.

    Args:
        folder: of the run.
        state: trackable objects and variables by name.
    """

    def __init__(self, folder: Path, **state):
        checkpoint = tf.train.Checkpoint(**state)
        self._manager = tf.train.CheckpointManager(checkpoint, str(folder / FOLDER), KEPT)
        self._stable = tf.train.CheckpointManager(checkpoint, str(folder / FOLDER / STABLE), 1)

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether a run in `folder` has left a checkpoint."""
        return tf.train.latest_checkpoint(str(folder / FOLDER)) is not None

    @staticmethod
    def newest_step(folder: Path) -> int | None:
        """The step of the newest checkpoint in `folder`; None where there is none."""
        newest = tf.train.latest_checkpoint(str(folder / FOLDER))
        return None if newest is None else int(newest.rpartition("-")[2])

    @staticmethod
    def go_back(folder: Path) -> int:
        """Make the state before the decay the newest checkpoint again; returns its step.

        Raises:
            UserError: the run has kept none.
        """
        stable = tf.train.latest_checkpoint(str(folder / FOLDER / STABLE))
        if stable is None:
            raise UserError(f"{folder} holds no state from before its decay; start another run --from it.")
        # TensorFlow's own function for this file writes absolute paths, which would not survive a move of the folder.
        name = f"{STABLE}/{Path(stable).name}"
        state = f'model_checkpoint_path: "{name}"\nall_model_checkpoint_paths: "{name}"\n'
        write_text(folder / FOLDER / "checkpoint", state)
        return int(stable.rpartition("-")[2])

    def save_stable(self, step: int) -> None:
        """Keep the state of `step` for runs that go on from before the decay. Raises UserError as `save`."""
        self._save(self._stable, step)

    def save(self, step: int) -> None:
        """Write the state of `step`. Raises UserError where the disk is full or the folder cannot be written."""
        self._save(self._manager, step)

    def _save(self, manager: tf.train.CheckpointManager, step: int) -> None:
        try:
            manager.save(checkpoint_number=step)
        except (OSError, tf.errors.OpError) as error:
            self._remove_unfinished(manager)
            raise UserError(
                f"cannot write a checkpoint into {manager.directory}: {_plain_reason(error)}; "
                "free some space or allow writing, then resume."
            ) from error

    def _remove_unfinished(self, manager: tf.train.CheckpointManager) -> None:
        """Remove what TensorFlow writes before a checkpoint is whole: the parts of its arrays and of its index."""
        for path in Path(manager.directory).glob("*temp*"):
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
