"""The state of a run on disk, from which it continues as if it had never stopped."""

import contextlib
import errno
import logging
import os
import shutil
from pathlib import Path

from ffkeras.backend import tf
from ffkeras.errors import UserError
from ffkeras.files import sync, write_text

FOLDER = "checkpoint"
STABLE = "stable"  # folder inside it: the last state before the learning rate decays
STATE = "checkpoint"  # TensorFlow's list of the checkpoints beside it
KEPT = 2
WRITE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ENOENT)

logger = logging.getLogger(__name__)


class RunCheckpoint:
    """Saves and restores everything that changes in training; a kill while saving leaves the one before.

    Args:
        folder: of the run.
        state: trackable objects and variables by name.
    """

    def __init__(self, folder: Path, **state):
        checkpoint = tf.train.Checkpoint(**state)
        for place in (folder / FOLDER, folder / FOLDER / STABLE):
            if not _named(place):
                (place / STATE).unlink(missing_ok=True)  # TensorFlow fails on a damaged list
        self._manager = tf.train.CheckpointManager(checkpoint, str(folder / FOLDER), KEPT)
        self._stable = tf.train.CheckpointManager(checkpoint, str(folder / FOLDER / STABLE), 1)

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether a run in `folder` has left a checkpoint."""
        return bool(_candidates(folder / FOLDER)) or (folder / FOLDER / STATE).exists()

    @staticmethod
    def newest_step(folder: Path) -> int | None:
        """The step of the newest checkpoint in `folder`; None where there is none."""
        found = _candidates(folder / FOLDER)
        return _step_of(found[0]) if found else None

    @staticmethod
    def go_back(folder: Path) -> int:
        """Make the state before the decay the newest checkpoint again; returns its step.

        Raises:
            UserError: the run has kept none.
        """
        stable = next(iter(_candidates(folder / FOLDER / STABLE)), None)
        if stable is None:
            raise UserError(f"{folder} holds no state from before its decay; start another run --from it.")
        # TensorFlow's own function for this file writes absolute paths, which would not survive a move of the folder.
        name = f"{STABLE}/{Path(stable).name}"
        state = f'model_checkpoint_path: "{name}"\nall_model_checkpoint_paths: "{name}"\n'
        write_text(folder / FOLDER / STATE, state)
        return _step_of(stable)

    def save_stable(self, step: int) -> None:
        """Keep the state of `step` for runs that go on from before the decay. Raises UserError as `save`."""
        self._save(self._stable, step)

    def save(self, step: int) -> None:
        """Write the state of `step`. Raises UserError where the disk is full or the folder cannot be written."""
        self._save(self._manager, step)

    def _save(self, manager: tf.train.CheckpointManager, step: int) -> None:
        try:
            written = manager.save(checkpoint_number=step)
            for path in (*Path(manager.directory).glob(f"{Path(written).name}.*"), Path(manager.directory)):
                sync(path)
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
        """Read the newest whole state; a newer one that is damaged is told as a warning and passed over.

        Raises:
            UserError: none is whole, or all belong to another network.
        """
        folder = Path(self._manager.directory)
        found = _candidates(folder)
        failure = None
        for prefix in found:
            try:
                self._manager.checkpoint.restore(prefix).assert_existing_objects_matched()
            except Exception as error:  # TensorFlow raises whatever the damage leads to, IndexError among others
                failure = failure or error
                continue
            if failure:
                logger.warning("%s is damaged; the run goes on from step %d.", found[0], _step_of(prefix))
            elif not _named(folder):
                logger.warning("%s is damaged; the run goes on from step %d.", folder / STATE, _step_of(prefix))
            return
        if not found:
            raise UserError(f"{folder} holds no whole checkpoint; train into another folder.")
        raise UserError(f"{found[0]} is damaged or of another network; train into another folder.") from failure


def _step_of(prefix: str) -> int:
    return int(prefix.rpartition("-")[2])


def _candidates(folder: Path) -> list[str]:
    """The checkpoints of a folder, the best to go on from first: what TensorFlow's list names, then the others.

    A checkpoint of a later step than the first one in the list is of before a run was put back, and left out.
    """
    named = _named(folder)
    paths = [*folder.glob("ckpt-*.index"), *folder.glob(f"{STABLE}/ckpt-*.index")]
    others = [prefix for prefix in (str(path.with_suffix("")) for path in paths) if _is_ours(prefix)]
    if named:
        others = [prefix for prefix in others if _step_of(prefix) <= _step_of(named[0])]
    return list(dict.fromkeys([*named, *sorted(others, key=_step_of, reverse=True)]))


def _named(folder: Path) -> list[str]:
    """The checkpoints in TensorFlow's list, the newest first; none where the list is missing or damaged."""
    try:
        state = tf.train.get_checkpoint_state(str(folder)) if (folder / STATE).exists() else None
    except ValueError:  # an empty list; of other damage TensorFlow says nothing
        state = None
    named = [state.model_checkpoint_path, *reversed(state.all_model_checkpoint_paths)] if state else []
    return [prefix for prefix in dict.fromkeys(named) if _is_ours(prefix)]


def _is_ours(prefix: str) -> bool:
    return prefix.rpartition("-")[2].isdecimal()


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
