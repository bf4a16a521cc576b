"""A trained network that shows another one what it sees."""

import os
from collections.abc import Callable

import numpy as np

from ffkeras.backend import tf
from ffkeras.layers.forms import AS_THEY_ARE, Forms
from ffkeras.models.config import NetworkConfig
from ffkeras.models.mixed_precision import run_mixed
from ffkeras.models.saving import load_run
from ffkeras.models.trace import trace
from ffkeras.training.transfer import make_transfer


class Teacher:
    """A trained network in inference mode, whose predictions are given in a student's anchors.

    Args:
        folder: of a float run.
        student: configuration of the network that learns; anchors and mean may differ from the teacher's.
        image_size: (height, width) of the network input in pixels.
        forms: of layers that are computed otherwise, see `FlatNetwork.run`.
        precision: see `FeatherFace.train_forward`.

    Raises:
        UserError: no usable float run.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        student: NetworkConfig,
        image_size: tuple[int, int],
        forms: Forms = AS_THEY_ARE,
        precision: str = "",
    ):
        self.model, self.forms, self.precision = load_run(folder), forms, precision
        self._logits = trace(self.model.forward, self.model.name, image_size)
        self.mean_difference = np.subtract(student.mean, self.model.config.mean).astype(np.float32)
        self.transfer: Callable = make_transfer(self.model.config.anchors, student.anchors, image_size)

    def __call__(self, images) -> dict[str, tf.Tensor]:
        """What the teacher says of the student's anchors; no gradient goes through it.

        Args:
            images: float32 [B, H, W, 3], normalised for the student.

        Returns:
            `logit`, `bbox_regression` and `landmarks`, see `make_transfer`.
        """
        images = images + self.mean_difference
        if self.precision:
            logits = run_mixed(self._logits, images, self.forms, self.precision)
        else:
            logits = self._logits.run(images, self.forms)
        outputs = self.transfer(logits)
        return {name: tf.stop_gradient(value) for name, value in outputs.items()}
