"""Training with maps of 16 bits, and compiled by XLA, comes to what it comes to in float32 within rounding."""

import dataclasses

import numpy as np
import pytest

from ffkeras.backend import keras, tf
from ffkeras.data.pipeline import training_dataset
from ffkeras.data.samples import PipelineConfig
from ffkeras.data.synthetic import SyntheticFaces
from ffkeras.errors import UserError
from ffkeras.files import read_json
from ffkeras.layers.batch_norm import BatchNorm
from ffkeras.layers.convolution import Conv2D
from ffkeras.layers.forms import training_forms
from ffkeras.models.build import build_model
from ffkeras.models.config import NanoBConfig, V1Config, V2UltraConfig, config_from_json
from ffkeras.models.mixed_precision import run_mixed
from ffkeras.models.trace import FlatNetwork, trace
from ffkeras.stablehlo.forms import XLA
from ffkeras.stablehlo.leg_pack import leg_variables
from ffkeras.training.config import TrainingConfig
from ffkeras.training.loss_scale import LOWEST, START, STEPS_BEFORE_RISE, LossScale
from ffkeras.training.losses import MultiboxLoss
from ffkeras.training.matching import make_matcher
from ffkeras.training.run import start_run
from ffkeras.training.step import TrainingStep, make_adamw

OFF = ("backbone_attention", "pyramid_attention", "context", "dynamic_weight_sharing", "smart_feature_reuse")
OFF += ("attention_multiplication", "progressive_enhancement", "multi_scale_intelligence")
BARE = config_from_json({"network": "v2_ultra", "pyramid_layers": 1, **dict.fromkeys(OFF, False)})
CONFIG = TrainingConfig(
    synthetic_count=12,
    image_size=(64, 64),
    batch_size=4,
    steps=6,
    learning_rate=1e-3,
    warmup_steps=1,
    frozen_norm_share=1.0,  # batch statistics of maps of 2 x 2 magnify any rounding
    validation_size=(64, 64),
)
STEPS = 2
LOSS_TOLERANCE = 2e-3  # of a loss; measured over 3 steps: 6e-4 in bfloat16 and in float16
WAY_TOLERANCE = 0.1  # of the way that the learning rate allows, on average; measured: 0.015
XLA_TOLERANCE = 1e-5  # measured: 2e-6 of a loss


def batches(network):
    match = make_matcher(network.anchors, CONFIG.image_size, CONFIG.loss.matching)
    pipeline = PipelineConfig(CONFIG.image_size, CONFIG.batch_size, network.mean)
    return training_dataset(SyntheticFaces(12, 0, CONFIG.image_size), pipeline, match).take(STEPS)


def make_step(network, forms=(), precision=""):
    keras.utils.set_random_seed(0)
    model = build_model(network)
    return TrainingStep(model, MultiboxLoss(), make_adamw(CONFIG), 0.9, dict(forms), precision=precision)


def train(step, function=None):
    """The losses, and the weights afterwards."""
    losses = [(function or step)(*batch, frozen_norm=True).numpy() for batch in batches(step.model.config)]
    return np.array(losses), np.concatenate([weight.numpy().ravel() for weight in step.model.trainable_variables])


@pytest.fixture(scope="module")
def plain():
    return train(make_step(BARE))


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_a_step_with_maps_of_16_bits_is_that_of_32_within_rounding(plain, precision):
    step = make_step(BARE, precision=precision)
    losses, weights = train(step)
    assert np.abs(losses - plain[0]).max() > 0
    np.testing.assert_allclose(losses, plain[0], rtol=LOSS_TOLERANCE)
    way = STEPS * CONFIG.learning_rate
    assert np.abs(weights - plain[1]).mean() < WAY_TOLERANCE * way
    kept = [*step.model.weights, *step.optimizer.variables, *step.average.average, *step.scale_variables]
    assert {variable.dtype for variable in kept} <= {tf.float32, tf.int64}


@pytest.mark.parametrize(
    "network",
    [
        NanoBConfig(),
        pytest.param(V2UltraConfig(), marks=pytest.mark.slow),
        pytest.param(V1Config(), marks=pytest.mark.slow),
    ],
    ids=lambda network: network.network,
)
def test_every_layer_computes_in_16_bits_and_passes_gradients_on(network):
    model = build_model(network)
    images = np.random.default_rng(0).uniform(-120, 120, (2, 64, 64, 3)).astype(np.float32)
    with tf.GradientTape() as tape:
        outputs = model.train_forward(images, True, precision="bfloat16")
        total = tf.add_n([tf.reduce_sum(values) for values in outputs.values()])
    gradients = tape.gradient(total, model.trainable_variables)
    expected = model.train_forward(images, True)
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        assert gradient is not None and gradient.dtype == tf.float32, variable.name
        assert np.isfinite(gradient.numpy()).all(), variable.name
    for name, values in outputs.items():
        assert values.dtype == tf.float32
        apart = np.abs(values.numpy() - expected[name].numpy())
        assert 0 < apart.mean() < 0.05 * expected[name].numpy().std(), name


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_xla_compiles_layers_in_16_bits_and_their_gradients(precision):
    keras.utils.set_random_seed(0)
    layers = [Conv2D(8, 3, 2, padding="same"), keras.layers.DepthwiseConv2D(3, padding="same"), BatchNorm()]
    swish = keras.layers.Activation("swish")  # a rectifier has a step, over which rounding may go
    layers += [swish, keras.layers.UpSampling2D(2), Conv2D(3, 1)]

    def chain(x):
        for layer in layers:
            x = layer(x)
        return {"made": x}

    network, images = trace(chain, "chain", (16, 16)), tf.random.stateless_normal((2, 16, 16, 3), (1, 2))
    kernels = [layers[0].kernel, layers[1].depthwise_kernel, layers[5].kernel]

    def gradients(run, forms, *kind):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(run(network, images, forms, *kind)["made"] ** 2)
        return tape.gradient(loss, kernels)

    expected = gradients(FlatNetwork.run, training_forms(True))
    forms = {**training_forms(True), **XLA}
    compiled = tf.function(lambda: gradients(run_mixed, forms, precision), jit_compile=True)
    for mine, theirs in zip(compiled(), expected, strict=True):
        assert mine.dtype == tf.float32
        assert np.linalg.norm(mine - theirs) < 0.02 * np.linalg.norm(theirs)


@pytest.mark.slow
@pytest.mark.parametrize(("precision", "tolerance"), [("", XLA_TOLERANCE), ("bfloat16", LOSS_TOLERANCE)])
def test_the_step_that_xla_compiles_is_the_same(plain, precision, tolerance):
    step = make_step(BARE, XLA, precision)
    losses, _ = train(step, tf.function(step, jit_compile=True))
    np.testing.assert_allclose(losses, plain[0], rtol=tolerance)


def test_a_step_whose_gradients_overflow_changes_no_weight_and_halves_the_scale():
    step = make_step(BARE, precision="float16")
    before = [variable.numpy() for variable in (*step.trained, *step.optimizer.variables)]
    gradients = [tf.fill(variable.shape, np.inf) for variable in step.trained]
    step._apply(gradients)
    for variable, value in zip((*step.trained, *step.optimizer.variables), before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    assert float(step.loss_scale.value) == START / 2
    step._apply([tf.ones(variable.shape) for variable in step.trained])
    assert np.abs(step.trained[0].numpy() - before[0]).max() > 0


def test_the_scale_rises_after_many_steps_without_an_overflow_and_never_ends():
    scale = LossScale()
    scale.steps.assign(STEPS_BEFORE_RISE - 2)
    scale.update(tf.constant(True))
    assert float(scale.value) == START
    scale.update(tf.constant(True))
    assert (float(scale.value), int(scale.steps)) == (2 * START, 0)
    for _ in range(40):
        scale.update(tf.constant(False))
    assert float(scale.value) == LOWEST


def test_a_resumed_run_keeps_its_precision_and_its_scale(tmp_path):
    trainer = start_run(BARE, dataclasses.replace(CONFIG, mixed_precision="float16"), tmp_path)
    scale = trainer.training_step.loss_scale
    scale.value.assign(64.0)
    scale.steps.assign(7)
    trainer.checkpoint.save(0)
    trainer.training_step.restart()
    assert (float(scale.value), int(scale.steps)) == (START, 0)
    trainer.checkpoint.restore()
    assert (float(scale.value), int(scale.steps)) == (64.0, 7)
    assert set(map(id, trainer.training_step.scale_variables)) <= set(map(id, leg_variables(trainer)))
    assert TrainingConfig.from_json(read_json(tmp_path / "training.json"), "").mixed_precision == "float16"


@pytest.mark.slow
def test_a_run_in_16_bits_ends_as_one_in_32(tmp_path):
    ends = {}
    for precision in ("", "bfloat16"):
        folder = tmp_path / (precision or "plain")
        start_run(BARE, dataclasses.replace(CONFIG, mixed_precision=precision), folder).run()
        ends[precision] = np.genfromtxt(folder / "epochs.csv", delimiter=",", names=True)["loss"]
    np.testing.assert_allclose(ends["bfloat16"], ends[""], rtol=5 * LOSS_TOLERANCE)


def test_int8_is_not_learned_in_16_bits():
    with pytest.raises(UserError, match="leave out --mixed-precision"):
        TrainingConfig(start_from="somewhere", quantize=True, mixed_precision="float16")
    with pytest.raises(UserError, match="mixed_precision is 'float8'"):
        TrainingConfig(mixed_precision="float8")
