"""Functions and train steps as StableHLO, and the way back."""

import dataclasses
import re

import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.errors import UserError
from ffkeras.models.saving import load_run, save_run
from ffkeras.stablehlo.arrays import pack
from ffkeras.stablehlo.batches import layout
from ffkeras.stablehlo.collect import collect_run
from ffkeras.stablehlo.export import TARGETS, TAUGHT, LoweredStep, lower, make_encoding, write_lowered
from ffkeras.stablehlo.plan import LoweredRun, Plan
from ffkeras.stablehlo.state import StateLayout, pack_state, unpack_state
from ffkeras.training.config import TrainingConfig
from tests.models.networks import lively_network
from tests.small_networks import SMALLEST_NANO_B


def test_what_a_function_reads_changes_and_holds_is_told_apart():
    changed, read = tf.Variable(1.0), tf.Variable([2.0, 3.0])
    held = tf.constant(np.arange(2.0, dtype=np.float32))

    def function(x):
        changed.assign_add(tf.reduce_sum(x))
        return x * read + held + changed

    text, interface, constants = lower(function, [tf.zeros(2)], [read, changed])
    header = text[text.index("@main") : text.index("{\n", text.index("@main"))]
    assert len(set(re.findall(r"%arg\d+", header))) == len(interface["parameters"])
    assert set(interface["parameters"]) >= {-1, 0, 1}
    (parameter,) = interface["results"]
    assert interface["parameters"][int(parameter)] == 1
    assert len(constants) == sum(index >= 2 for index in interface["parameters"])
    assert float(changed) == 1.0  # lowering runs nothing


def test_a_packed_step_in_jax_is_the_function_that_was_lowered(tmp_path):
    pytest.importorskip("jax")
    from ffkeras.stablehlo.executable import Executable, PackedStep, to_device

    rate, weights, count = tf.Variable(0.0), tf.Variable([[1.0, 2.0]]), tf.Variable(3, dtype=tf.int64)

    def step(x):
        weights.assign_sub(rate * x)
        count.assign_add(1)
        return tf.reshape(tf.reduce_sum(weights), (1,))

    variables = [rate, weights, count]
    write_lowered(tmp_path, "step", *lower(step, [tf.zeros((1, 2))], variables))
    write_lowered(tmp_path, "encode", *lower(lambda x: (2.0 * x,), [tf.zeros((1, 2))], []))
    values = [variable.numpy() for variable in variables]
    layout = StateLayout.of(values)
    encoded = Executable(tmp_path, "encode")(to_device([np.array([[1.0, 3.0]], np.float32)]))
    state = dict(zip(pack_state(values), to_device(list(pack_state(values).values())), strict=True))
    state, losses = PackedStep(tmp_path, "step", layout)(state, 0.5, encoded)
    packed = {kind: np.asarray(vector) for kind, vector in state.items()}
    assert [value.tolist() for value in unpack_state(packed, layout)] == [0.5, [[0.0, -1.0]], 4]
    assert np.asarray(losses).tolist() == [-1.0]


def test_the_encoding_passes_targets_on_and_takes_off_the_mean(run_folder):
    anchors = SMALLEST_NANO_B.anchors
    plan = Plan(
        (LoweredRun("a", run_folder),),
        TrainingConfig(teacher=run_folder, image_size=(64, 96), batch_size=3),
        anchors=anchors,
    )
    rng = np.random.default_rng(5)
    arrays = [rng.integers(0, 2, shape).astype(kind) for shape, kind in layout(plan)]
    arrays[0] = rng.integers(0, 255, arrays[0].shape, np.uint8)
    images, *encoded = tf.function(make_encoding(plan))(*arrays)
    np.testing.assert_array_equal(images, arrays[0].astype(np.float32) - 128)
    for values, expected in zip(encoded[: len(TARGETS)], arrays[1:], strict=True):
        np.testing.assert_array_equal(values, expected)
    assert len(encoded) == len(TARGETS) + len(TAUGHT)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("run")
    save_run(lively_network(SMALLEST_NANO_B), folder)
    return str(folder)


def finished(run_folder, tmp_path, scratch=False) -> tuple[LoweredRun, Plan, LoweredStep]:
    """A run whose variables came back changed: every weight of the average by a tenth."""
    run = LoweredRun("a", run_folder, scratch=scratch)
    plan = Plan((run,), TrainingConfig(data=("data",), teacher="teacher", steps=77))
    step = LoweredStep(run, plan)
    for variable in step.step.average.average:
        variable.assign_add(tf.fill(variable.shape, 0.1))
    (tmp_path / "a.end.npz").write_bytes(pack([variable.numpy() for variable in step.variables]))
    (tmp_path / "a.csv").write_text("20,1,2\n")
    return run, plan, step


def test_the_average_comes_back_as_the_network(run_folder, tmp_path):
    run, plan, step = finished(run_folder, tmp_path)
    collect_run(run, plan, tmp_path, tmp_path / "out")
    collected = load_run(tmp_path / "out")
    for mine, average in zip(collected.weights, step.step.average.values(), strict=True):
        np.testing.assert_allclose(mine, average, atol=1e-6)
    assert (tmp_path / "out" / "steps.csv").read_text().splitlines()[1] == "20,1,2"


def test_from_scratch_means_other_weights_of_the_same_network(run_folder, tmp_path):
    _, _, step = finished(run_folder, tmp_path, scratch=True)
    given = load_run(run_folder)
    assert step.model.config == given.config
    kernels = [(a, b) for a, b in zip(step.model.weights, given.weights, strict=True) if "kernel" in a.name]
    assert not any(np.allclose(a, b) for a, b in kernels if a.shape.rank == 4)


def test_results_that_are_missing_or_of_another_network_are_named(run_folder, tmp_path):
    run, plan, _ = finished(run_folder, tmp_path)
    with pytest.raises(UserError, match=r"b\.end\.npz does not exist"):
        collect_run(dataclasses.replace(run, name="b"), plan, tmp_path, tmp_path / "out")
    (tmp_path / "a.end.npz").write_bytes(pack([np.zeros(3)]))
    with pytest.raises(UserError, match="another network"):
        collect_run(run, plan, tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
