"""Train steps as StableHLO text, with all values that they start from."""

import dataclasses
import functools
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ffkeras.backend import keras, tf
from ffkeras.files import write_bytes, write_json, write_text
from ffkeras.models.build import build_model
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.saving import load_config, load_run
from ffkeras.stablehlo.arrays import pack
from ffkeras.stablehlo.batches import layout
from ffkeras.stablehlo.forms import XLA
from ffkeras.stablehlo.plan import LoweredRun, Plan
from ffkeras.training.distillation import DistilledLoss
from ffkeras.training.step import TrainingStep, make_adamw
from ffkeras.training.teacher import Teacher

ENCODE = "encode"
TARGETS = ("label", "box", "landmarks", "has_landmarks", "positives")
TAUGHT = ("logit", "bbox_regression", "landmarks")


class LoweredStep:
    """One run's train step: a function of arrays, and the variables that it changes.

    Args:
        run: what is trained.
        plan: that it is part of.
    """

    def __init__(self, run: LoweredRun, plan: Plan):
        self.model = starting_model(run, plan.training.seed)
        self.learning_rate = tf.Variable(0.0, trainable=False, name="learning_rate")
        self.share = tf.Variable(run.distillation, trainable=False, name="distillation")
        config = plan.config_of(run)
        loss = DistilledLoss(lambda images: self._taught, config.temperature, self.share, config.loss)
        optimizer = make_adamw(config)
        optimizer._learning_rate = self.learning_rate  # a variable of ours, which the runner sets before each step
        self.step = TrainingStep(self.model, loss, optimizer, config.average_decay, XLA)

    def __call__(self, frozen_norm: bool, images, *arrays):
        """Train on what the encoding gave: images, `TARGETS`, `TAUGHT`; returns the losses."""
        targets = dict(zip(TARGETS, arrays, strict=False))
        self._taught = dict(zip(TAUGHT, arrays[len(TARGETS) :], strict=True))
        return self.step(images, targets, frozen_norm)

    @property
    def variables(self) -> list[tf.Variable]:
        """All that the step reads or changes, in an order that the network alone decides."""
        return unique(
            [
                self.learning_rate,
                self.share,
                *self.model.weights,
                *self.step.loss.trainable_variables,
                *self.step.optimizer.variables,
                *self.step.average.average,
                self.step.count,
            ]
        )


def unique(variables: list[tf.Variable]) -> list[tf.Variable]:
    """Each variable once."""
    return list({id(variable.handle): variable for variable in variables}.values())


def starting_model(run: LoweredRun, seed: int) -> FeatherFace:
    """The network that a run starts with. Raises UserError where its folder is no usable float run."""
    if not run.scratch:
        return load_run(run.start)
    keras.utils.set_random_seed(seed)
    return build_model(load_config(run.start))


def make_encoding(plan: Plan) -> Callable:
    """Pixels and targets of a batch to images, targets and what the teacher says, all that the steps share."""
    teacher = Teacher(plan.training.teacher, load_config(plan.runs[0].start), plan.training.image_size, XLA)

    def encode(pixels, *targets):
        images = tf.cast(pixels, tf.float32) - tf.constant(plan.mean, tf.float32)
        taught = teacher(images)
        return (images, *targets, *(taught[name] for name in TAUGHT))

    return encode


def lower(function: Callable, arguments: list[tf.Tensor], variables: list[tf.Variable]) -> tuple[str, dict, list]:
    """A function as StableHLO.

    Args:
        function: of tensors of static shapes; it may change variables.
        arguments: examples of them.
        variables: that the function may read or change.

    Returns:
        The text; `parameters`, what its parameters are: -1 - k for argument k, the index of a variable, or
        len(variables) + k for constant k; `results` by parameter, the output that takes its place; and the constants.
    """
    traced = tf.function(function, jit_compile=True)
    text = plain(traced.experimental_get_compiler_ir(*arguments)(stage="stablehlo"))
    concrete = traced.get_concrete_function(*arguments)
    index = {id(variable.handle): i for i, variable in enumerate(variables)}
    held = {id(variable.handle): variable for variable in concrete.variables}
    parameters, constants = [-1 - k for k in range(len(arguments))], []
    for value in concrete.captured_inputs:
        parameters.append(index.get(id(value), len(variables) + len(constants)))
        if id(value) not in index:
            constants.append(held.get(id(value), value).numpy())
    return text, {"parameters": parameters, "results": aliases(text)}, constants


def plain(text: str) -> str:
    """The text without operations of TensorFlow's own dialect, which compilers for GPUs do not take."""
    return re.sub(r"= mhlo\.copy (%\S+) : ", r"= stablehlo.optimization_barrier \1 : ", text)


def aliases(text: str) -> dict[str, int]:
    """Which output replaces which parameter, from the module's `mhlo.input_output_alias`."""
    if "mhlo.input_output_alias" not in text:
        return {}
    block = text[text.index("mhlo.input_output_alias") : text.index("mhlo.is_dynamic")]
    parameters = re.findall(r"parameter_number = (\d+)", block)
    outputs = re.findall(r"output_index = (?:dense<|array<i64: |\[)(\d+)", block)
    return dict(zip(parameters, map(int, outputs), strict=True))


def example_batch(plan: Plan) -> list[tf.Tensor]:
    """Arguments of the encoding, of the right shapes."""
    return [tf.zeros(shape, tf.as_dtype(kind)) for shape, kind in layout(plan)]


def export_training(plan: Plan, folder: Path) -> Plan:
    """Write a plan, its lowered encoding and steps, and the starting values of every run into a folder.

    Runs of one network share the text of their steps.

    Returns:
        The plan, with the names of the steps.

    Raises:
        UserError: a run folder that is not usable, or a folder that cannot be written.
    """
    plan = dataclasses.replace(plan, anchors=load_config(plan.runs[0].start).anchors)
    encode = make_encoding(plan)
    examples = example_batch(plan)
    write_lowered(folder, ENCODE, *lower(encode, examples, []))
    shapes = tf.function(encode).get_concrete_function(*examples).structured_outputs
    encoded = [tf.zeros(shape.shape, shape.dtype) for shape in shapes]
    runs, known = [], {}
    for run in plan.runs:
        step = LoweredStep(run, plan)
        network = str(step.model.config)
        if network not in known:
            known[network] = tuple(f"step{len(known)}_{kind}" for kind in ("moving", "frozen"))
            for name, frozen in zip(known[network], (False, True), strict=True):
                write_lowered(folder, name, *lower(functools.partial(step, frozen), encoded, step.variables))
        write_bytes(folder / f"{run.name}.start.npz", pack([variable.numpy() for variable in step.variables]))
        runs.append(dataclasses.replace(run, steps=known[network]))
    plan = dataclasses.replace(plan, runs=tuple(runs))
    plan.write(folder)
    return plan


def write_lowered(folder: Path, name: str, text: str, interface: dict, constants: list[np.ndarray]) -> None:
    """Write what `lower` gave into a folder. Raises UserError where that fails."""
    write_text(folder / f"{name}.mlir", text)
    write_json(folder / f"{name}.json", interface)
    write_bytes(folder / f"{name}.constants.npz", pack(constants))
