"""One step of training: forward, loss, gradients, weights, and their average."""

from ffkeras.backend import keras, tf
from ffkeras.layers.batch_norm import choose_statistics
from ffkeras.layers.forms import AS_THEY_ARE, Forms
from ffkeras.layers.replicas import replica_count, sum_over_replicas
from ffkeras.models.featherface import FeatherFace
from ffkeras.quantization.network import QuantizedFeatherFace
from ffkeras.training.averaging import WeightAverage
from ffkeras.training.config import TrainingConfig
from ffkeras.training.distillation import DistilledLoss
from ffkeras.training.flat_adamw import FlatAdamW
from ffkeras.training.flat_variable import flatten
from ffkeras.training.loss_scale import LossScale
from ffkeras.training.losses import MultiboxLoss

NOT_DECAYED = ["bias", "gamma", "beta", "fusion_weights", "task_weights"]  # weight decay is for kernels
BETA_2 = 0.99  # AdamW's second moment must follow within a short run


def make_adamw(config: TrainingConfig) -> keras.optimizers.Optimizer:
    """AdamW (Loshchilov & Hutter 2019) with the configuration's weight decay and gradient norm.

    Its `learning_rate` is set before each step, from the run's `Schedule`.
    """
    optimizer = FlatAdamW(
        config.learning_rate, weight_decay=config.weight_decay, beta_2=BETA_2, global_clipnorm=config.gradient_norm
    )
    optimizer.exclude_from_weight_decay(var_names=NOT_DECAYED)
    return optimizer


class TrainingStep:
    """Everything that a step changes, and the step as a function of a batch, to be traced by TensorFlow.

    Args:
        model: with its initial weights.
        loss: what is minimised.
        optimizer: not built yet.
        average_decay: of the average of the weights, see `WeightAverage`; None for no average.
        forms: of layers, other than those of training here, see `FeatherFace.train_forward`.
        of_whole_batch: whether BatchNorm's statistics are, see `BatchNorm`.
        precision: of maps, see `FeatherFace.train_forward`; float16 scales the loss.

    Attributes:
        trained: variables that gradients are taken for: the network's and the loss's.
        average: of the network's weights, or None.
        loss_scale: of float16, or None.
        count: int64, steps done.
    """

    def __init__(
        self,
        model: FeatherFace | QuantizedFeatherFace,
        loss: MultiboxLoss | DistilledLoss,
        optimizer: keras.optimizers.Optimizer,
        average_decay: float | None = None,
        forms: Forms = AS_THEY_ARE,
        of_whole_batch: bool = True,
        precision: str = "",
    ):
        self.model, self.loss, self.optimizer, self.forms = model, loss, optimizer, forms
        self._mixed = {"precision": precision} if precision else {}  # which not all networks can
        self.loss_scale = LossScale() if precision == "float16" else None
        self.trained = [*model.trainable_variables, *loss.trainable_variables]
        optimizer.build(self.trained)
        moving = choose_statistics(model, of_whole_batch)
        self._of_parts = [] if of_whole_batch else moving
        self._fresh_optimizer = [variable.numpy() for variable in optimizer.variables]
        self.average = None if average_decay is None else WeightAverage(model.weights, average_decay)
        self.count = tf.Variable(0, dtype=tf.int64, trainable=False)

    def restart(self) -> None:
        """Count from zero, with an optimizer that has seen no gradient; weights are the caller's to put back."""
        for variable, value in zip(self.optimizer.variables, self._fresh_optimizer, strict=True):
            variable.assign(value)
        self.count.assign(0)
        if self.loss_scale is not None:
            self.loss_scale.restart()

    def __call__(self, images, targets: dict, frozen_norm: bool = False):
        """Train on a batch; where several processes share it, each on its part, with the same result in all.

        Args:
            images: float32 [B, H, W, 3], normalised for the network.
            targets: as `make_matcher` gives them, batched.
            frozen_norm: BatchNorm uses its moving statistics, as in inference.

        Returns:
            float32, one value for each of `loss.names`.
        """
        with tf.GradientTape() as tape:
            outputs = self.model.train_forward(images, frozen_norm, self.forms, **self._mixed)
            total, losses = self.loss(images, outputs, targets)
            if self.loss_scale is not None:
                total *= self.loss_scale.value
        self._apply(sum_gradients(tape.gradient(total, self.trained)))
        take_means(self._of_parts)
        self.count.assign_add(1)
        if self.average is not None:
            self.average.update(self.count)
        return sum_over_replicas(tf.stack([losses[name] for name in self.loss.names]))

    @property
    def scale_variables(self) -> list[tf.Variable]:
        """What changes with the steps beside weights, optimizer and average: the loss's scale, where there is one."""
        return [] if self.loss_scale is None else [self.loss_scale.value, self.loss_scale.steps]

    def _apply(self, gradients: list) -> None:
        """Change the weights, unless a gradient of a scaled loss overflowed."""
        if self.loss_scale is None:
            self.optimizer.apply_gradients(zip(gradients, self.trained, strict=True))
            return
        gradients, finite = self.loss_scale.unscale(gradients)

        def change():
            self.optimizer.apply_gradients(zip(gradients, self.trained, strict=True))
            return True

        tf.cond(finite, change, lambda: False)
        self.loss_scale.update(finite)


def take_means(variables: list[tf.Variable]) -> None:
    """Give variables that differ between processes their mean, in one exchange."""
    if replica_count() == 1 or not variables:
        return
    means = sum_over_replicas(flatten(variables)) / replica_count()
    sizes = [variable.shape.num_elements() for variable in variables]
    for variable, mean in zip(variables, tf.split(means, sizes), strict=True):
        variable.assign(tf.reshape(mean, variable.shape))


def sum_gradients(gradients: list) -> list:
    """Gradients added up over the processes that share the batch, in one exchange; None stays None."""
    if replica_count() == 1:
        return gradients
    known = [gradient for gradient in gradients if gradient is not None]
    sums = iter(tf.split(sum_over_replicas(flatten(known)), [gradient.shape.num_elements() for gradient in known]))
    return [None if gradient is None else tf.reshape(next(sums), gradient.shape) for gradient in gradients]
