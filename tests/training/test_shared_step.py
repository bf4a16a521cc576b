"""One step that two processes share is nearer to that of one than one's own with the images in another order."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEARER = 2.0  # times the difference that another order makes, which is chance too

# Two devices of one process stand for two processes: they must be made before TensorFlow starts.
PROGRAM = """
import json
import numpy as np
from ffkeras.backend import keras, tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
tf.config.threading.set_inter_op_parallelism_threads(2)
both = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
from ffkeras.data.pipeline import training_dataset
from ffkeras.data.samples import PipelineConfig
from ffkeras.data.synthetic import SyntheticFaces
from ffkeras.layers.replicas import sum_over_replicas
from ffkeras.models.build import build_model
from ffkeras.models.config import config_from_json
from ffkeras.training.losses import MultiboxLoss
from ffkeras.training.matching import make_matcher
from ffkeras.training.step import sum_gradients

off = ("backbone_attention", "pyramid_attention", "context", "dynamic_weight_sharing", "smart_feature_reuse",
       "attention_multiplication", "progressive_enhancement", "multi_scale_intelligence")
network = config_from_json({"network": "v2_ultra", "pyramid_layers": 1, **dict.fromkeys(off, False)})
keras.utils.set_random_seed(0)
model, loss = build_model(network), MultiboxLoss()
match = make_matcher(network.anchors, (64, 64), "atss")
pipeline = PipelineConfig((64, 64), 4, network.mean)
images, targets = next(iter(training_dataset(SyntheticFaces(24, 0, (64, 64)), pipeline, match)))

def step(images, targets):
    with tf.GradientTape() as tape:
        total, losses = loss(images, model.train_forward(images), targets)
    gradients = sum_gradients(tape.gradient(total, model.trainable_variables))
    flat = [tf.reshape(g, [-1]) for g in gradients if g is not None]
    return sum_over_replicas(tf.stack([losses[name] for name in loss.names])), tf.concat(flat, 0)

def shared():
    def half():
        begin = 2 * tf.distribute.get_replica_context().replica_id_in_sync_group
        return step(images[begin : begin + 2], {name: values[begin : begin + 2] for name, values in targets.items()})
    return both.run(half)

def result(function, *arguments):
    model.set_weights(start)
    losses, gradient = tf.function(function)(*arguments)
    moved = np.concatenate([w.numpy().ravel() for w in model.non_trainable_variables if w.dtype.is_floating])
    every = [both.experimental_local_results(value) for value in (losses, gradient)]
    return [every[0][0].numpy(), every[1][0].numpy(), moved, *(value.numpy() for value in every[1][1:])]

start = model.get_weights()
order = [2, 3, 0, 1]
one = result(step, images, targets)
other = result(step, tf.gather(images, order), {name: tf.gather(values, order) for name, values in targets.items()})
two = result(shared)
apart = lambda a, b: float(np.abs(a - b).mean())
print(json.dumps({
    "by order": [apart(a, b) for a, b in zip(one[:2], other[:2])],
    "by sharing": [apart(a, b) for a, b in zip(one[:2], two[:2])],
    "size": [apart(a, 0) for a in one[:2]],
    "workers": apart(two[1], two[3]),
}))
"""


@pytest.mark.slow
def test_a_shared_step_is_that_of_one_process():
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["workers"] == 0  # all processes have the same gradient, to the last bit
    for shared, order, size in zip(*(found[key] for key in ("by sharing", "by order", "size")), strict=True):
        assert shared < NEARER * order
        assert order < size  # or the comparison would say nothing
    assert found["by sharing"][0] < 1e-3 * found["size"][0]  # losses
