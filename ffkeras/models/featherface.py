"""What the three networks have in common."""

import math
from collections.abc import Callable, Sequence

from ffkeras.backend import keras
from ffkeras.layers import Filters
from ffkeras.layers.forms import AS_THEY_ARE, Forms, training_forms
from ffkeras.models.config import NetworkConfig, config_from_json, config_to_json
from ffkeras.models.mixed_precision import run_mixed
from ffkeras.models.trace import FlatNetwork, trace

SMALLEST_SIZE = 32  # pixels, enough to make every weight
PRIOR = 0.01  # probability of "face" at the start of training (Lin et al. 2017, sec. 4.1)


def each(modules: Sequence[Callable], levels: Sequence) -> list:
    """P3, P4, P5 each through its own module; without modules they go on as they are."""
    return [module(x) for module, x in zip(modules, levels, strict=True)] if modules else list(levels)


class FeatherFace(keras.Model):
    """A single-stage face detector built from its configuration.

    Subclasses make their parts in `__init__` and join them in `forward`. Where a part is switched off, `identity`
    stands for one module, and an empty list for a module a level.

    Args:
        config: the network's configuration, kept as `config`.
    """

    PARTS: tuple[tuple[str, str], ...] = ()  # (name, attribute); their budgets stand in `specified_budgets.py`

    def __init__(self, config: NetworkConfig):
        super().__init__(name=config.network)
        self.config = config
        self._trained: FlatNetwork | None = None
        if config.class_logits == 1:
            self.sigmoid = keras.layers.Activation("sigmoid", name="probabilities")
        else:
            self.softmax = keras.layers.Softmax(name="probabilities")

    def call(self, images, training=False):
        """Detect.

        Args:
            images: float32 [B, H, W, 3], BGR minus `config.mean`; H and W multiples of 32.
            training: give class logits instead of probabilities.

        Returns:
            `classification` [B, A, 2] (background, face), or [B, A, 1] (face) with one class logit,
            `bbox_regression` [B, A, 4], `landmarks` [B, A, 10].
        """
        outputs = self.forward(images)
        if not training:
            to_probabilities = self.sigmoid if self.config.class_logits == 1 else self.softmax
            outputs["classification"] = to_probabilities(outputs["classification"])
        return outputs

    def forward(self, images):
        """Images to the three outputs, class scores as logits; each network's own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def train_forward(self, images, frozen_norm: bool = False, forms: Forms = AS_THEY_ARE, precision: str = ""):
        """As `forward`, for training.

        Args:
            images: see `call`.
            frozen_norm: BatchNorm uses its moving statistics, as in inference, and keeps them.
            forms: what layers of these types compute instead of what they do in training here.
            precision: `float16` or `bfloat16` for maps of 16 bits, see `run_mixed`; empty for 32.
        """
        if self._trained is None:
            self._trained = trace(self.forward, self.name, (None, None)).in_turn()
        table = {**training_forms(frozen_norm), **forms}
        return run_mixed(self._trained, images, table, precision) if precision else self._trained.run(images, table)

    def resized_config(self, filters: Filters) -> NetworkConfig:
        """The configuration of this network with other widths, all of them written out; each network's own.

        Args:
            filters: says how many filters a Conv2D, SlicedPointwise or ModulatedConvolution shall have; it is asked
                about layers whose width the configuration holds.

        Raises:
            ValueError: widths that do not go together, such as ones that `shuffle_groups` does not divide.
        """
        raise NotImplementedError(f"{type(self).__name__} has no resized_config")

    def get_config(self) -> dict:
        """The network's configuration, as `from_config` takes it."""
        return {"config": config_to_json(self.config)}

    @classmethod
    def from_config(cls, values: dict) -> "FeatherFace":
        """A network with fresh weights from what `get_config` gave."""
        return cls(config_from_json(values["config"]))

    def copy(self) -> "FeatherFace":
        """A new network with the same configuration and weights."""
        copy = type(self)(self.config)
        copy(keras.backend.zeros((1, SMALLEST_SIZE, SMALLEST_SIZE, 3)))
        copy.set_weights(self.get_weights())
        return copy

    def flat(
        self, image_size: tuple[int | None, int | None] = (None, None), batch_size: int | None = None
    ) -> FlatNetwork:
        """The calls of its primitive layers in inference, with every weight shared.

        Args:
            image_size: (height, width) in pixels, multiples of 32; None for any.
            batch_size: fixed batch, or None for any.
        """
        return trace(self.call, f"{self.name}_flat", image_size, batch_size)

    def set_face_prior(self) -> None:
        """Start the class biases so that every anchor says "face" with probability `PRIOR`."""
        logit = math.log(PRIOR / (1 - PRIOR))
        for head in self.heads.heads:
            bias = head.convolutions[0].bias
            anchor = [logit] if self.config.class_logits == 1 else [-logit / 2, logit / 2]
            bias.assign(anchor * (bias.shape[0] // len(anchor)))
