"""AdamW (Loshchilov & Hutter 2019) on all weights as one vector."""

from collections.abc import Iterable

import numpy as np

from ffkeras.backend import keras, tf
from ffkeras.training.flat_variable import FlatVariable, flatten


class FlatAdamW(keras.optimizers.AdamW):
    """Keras' AdamW with the same numbers and the same checkpoints, in a few operations on vectors.

    Keras changes variable after variable, a dozen operations on each. Takes float32 variables and dense gradients, and
    of Keras' options the learning rate, weight decay, betas, epsilon and `global_clipnorm`.
    """

    def build(self, var_list: list[tf.Variable]) -> None:
        """Make the moments, zeros."""
        if getattr(self, "_built", False):
            return
        keras.optimizers.Optimizer.build(self, var_list)
        self._built = True
        first, second = FlatVariable(var_list), FlatVariable(var_list)
        self._first = self._no_dependency(first.variable)
        self._second = self._no_dependency(second.variable)
        self._momentums, self._velocities = first.parts, second.parts  # as Keras names them in checkpoints
        for parts in zip(first.parts, second.parts, strict=True):
            self._variables.extend(parts)

    @property
    def variables(self) -> list[tf.Variable]:
        """The count of steps, and both moments as vectors."""
        return [self.iterations, self._first, self._second] if getattr(self, "_built", False) else [self.iterations]

    def apply_gradients(self, grads_and_vars: Iterable[tuple], name: str | None = None, **unused) -> tf.Variable:
        """Change the variables that it was built on, all of them and in that order.

        Args:
            grads_and_vars: pairs of gradient and variable; a variable whose gradient is None stays as it is.
            name: unused, as are other arguments of Keras' method.

        Returns:
            The count of steps.

        Raises:
            ValueError: other variables.
        """
        gradients, variables = zip(*grads_and_vars, strict=True)
        self.build(variables)
        if [self._index_dict.get(self._var_key(variable)) for variable in variables] != list(
            range(len(self._index_dict))
        ):
            raise ValueError("gradients must be of the variables that the optimizer was built on, in their order.")
        self._compute_current_learning_rate()
        learning_rate, step = self.learning_rate, tf.cast(self.iterations + 1, tf.float32)
        gradient = flatten([tf.zeros_like(v) if g is None else g for g, v in zip(gradients, variables, strict=True)])
        if self.global_clipnorm:
            (gradient,), _ = tf.clip_by_global_norm([gradient], self.global_clipnorm)
        first = self._first.assign_add((gradient - self._first) * (1 - self.beta_1))
        second = self._second.assign_add((tf.square(gradient) - self._second) * (1 - self.beta_2))
        rate = learning_rate * tf.sqrt(1 - tf.pow(self.beta_2, step)) / (1 - tf.pow(self.beta_1, step))
        weights = flatten(variables)
        weights -= weights * self._decay(gradients, variables) * learning_rate
        weights -= first * rate / (tf.sqrt(second) + self.epsilon)
        sizes = [variable.shape.num_elements() for variable in variables]
        for variable, values in zip(variables, tf.split(weights, sizes), strict=True):
            variable.assign(tf.reshape(values, variable.shape))
        return self.iterations.assign_add(1)

    def _decay(self, gradients: tuple, variables: tuple) -> np.ndarray:
        """Weight decay of every number, float32 [N]."""
        return np.concatenate(
            [
                np.full(v.shape.num_elements(), self.weight_decay * (g is not None and self._use_weight_decay(v)))
                for g, v in zip(gradients, variables, strict=True)
            ],
            dtype=np.float32,
        )
