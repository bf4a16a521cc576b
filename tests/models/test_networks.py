import dataclasses

import numpy as np
import pytest

from ffkeras.backend import tf
from ffkeras.geometry import make_anchors
from ffkeras.layers import OUTPUTS
from ffkeras.models import BackboneConfig, NanoBConfig, V1Config, V2UltraConfig, default_config
from ffkeras.models.build import build_model
from tests.models.networks import count, lively_network, random_images

NETWORKS = ("v1", "v2_ultra", "nano_b")
PRUNED_WIDTHS = (5, 9, 13, 17, 21, 27, 33, 41, 47, 50, 50, 50, 61, 87)  # P3 27, P4 50, P5 87: the specification's
WITHOUT_PARAMETERS = (
    "smart_feature_reuse",
    "attention_multiplication",
    "progressive_enhancement",
    "multi_scale_intelligence",
)
V2_SWITCHES = (*WITHOUT_PARAMETERS, "backbone_attention", "dynamic_weight_sharing", "context")
NANO_B_SWITCHES = ("attention", "scale_decoupling", "mse_fpn", "assn", "context")


@pytest.fixture(params=NETWORKS)
def model(request):
    return lively_network(request.param)


@pytest.mark.parametrize(
    ("config", "parameters", "tolerance"),
    [(V1Config(attention="none"), 489_015, 0), ("v1", 502_000, 500), ("v2_ultra", 244_483, 2_444)],
)
def test_networks_have_the_specified_parameters(config, parameters, tolerance):
    model = lively_network(config)
    assert abs(count(model) - parameters) <= tolerance
    assert count(model.backbone) == 213_072


def test_v2_ultras_parts_keep_their_budgets():
    model = lively_network("v2_ultra")
    assert count(model.backbone_attention) <= 1_400
    assert 17_000 <= count(model.pyramid) <= 18_000
    assert count(model.pyramid_attention) < 1_200
    assert count(*model.innovations) - count(model.pyramid_attention) < 1_000
    assert 6_500 <= count(*model.context) <= 12_000
    assert 5_000 <= count(model.heads) <= 11_000


def test_nano_bs_modules_keep_their_budgets():
    model = lively_network("nano_b")
    assert count(model.scale_decoupling) == pytest.approx(1_500, rel=0.1)
    assert count(*model.semantic) == pytest.approx(4_000, rel=0.15)
    assert count(model.scale_attention) == pytest.approx(2_000, rel=0.1)
    assert count(*model.context) == pytest.approx(12_000, rel=0.1)
    assert count(model.heads) == pytest.approx(4_608, rel=0.05)


@pytest.mark.parametrize("size", [(32, 32), (64, 160)])
def test_every_anchor_has_its_outputs_at_any_multiple_of_32(model, size):
    outputs = model(random_images(*size))
    anchors = len(make_anchors(model.config.anchors, size))
    assert tuple(outputs) == OUTPUTS
    assert [tuple(outputs[name].shape) for name in OUTPUTS] == [(2, anchors, k) for k in (2, 4, 10)]


def test_classes_are_logits_in_training_and_probabilities_in_inference(model):
    x = random_images()
    logits, inferred = model.forward(x)["classification"], model(x)["classification"]
    np.testing.assert_allclose(inferred, tf.nn.softmax(logits), atol=1e-6)
    trained = build_model(model.config)(x, training=True)["classification"].numpy()
    assert np.abs(trained.sum(axis=-1) - 1).max() > 1e-2


def test_the_flat_graph_equals_the_network(model):
    x = random_images()
    flat, whole = model.flat((64, 96)).run(x), model(x)
    for name in OUTPUTS:
        assert np.std(whole[name]) > 1e-3
        np.testing.assert_allclose(flat[name], whole[name], atol=1e-5)


def test_an_image_is_detected_alike_alone_and_in_a_batch(model):
    x = random_images()
    together, alone = model(x), model(x[1:])
    for name in OUTPUTS:
        np.testing.assert_allclose(together[name][1:], alone[name], atol=1e-4)


def test_gradients_reach_every_trainable_weight(model):
    with tf.GradientTape() as tape:
        outputs = model(random_images())
        waves = [tf.sin(tf.range(tf.size(x), dtype=tf.float32)) for x in outputs.values()]
        loss = tf.add_n(
            [tf.tensordot(w, tf.reshape(x, (-1,)), 1) for w, x in zip(waves, outputs.values(), strict=True)]
        )
    gradients = tape.gradient(loss, model.trainable_weights)
    unreached = [w.name for w, g in zip(model.trainable_weights, gradients, strict=True) if g is None or not np.any(g)]
    assert unreached == []


def test_a_fresh_network_says_face_to_one_anchor_in_a_hundred(model):
    for head in model.heads.heads:
        logits = head.convolutions[0].bias.numpy().reshape(-1, 2)
        np.testing.assert_allclose(tf.nn.softmax(logits)[:, 1], 0.01, rtol=1e-4)


@pytest.mark.parametrize(
    ("network", "switch"),
    [pytest.param("v2_ultra", name, marks=[pytest.mark.slow]) for name in V2_SWITCHES]
    + [("nano_b", name) for name in NANO_B_SWITCHES],
)
def test_each_module_can_be_left_out(network, switch):
    whole = lively_network(network)
    reduced = lively_network(dataclasses.replace(whole.config, **{switch: False}))
    if switch in WITHOUT_PARAMETERS:
        assert count(reduced) == count(whole)
    else:
        assert count(reduced) != count(whole)
    x = random_images()
    boxes, others = whole(x)["bbox_regression"], reduced(x)["bbox_regression"]
    assert boxes.shape == others.shape
    assert np.abs(boxes - others).max() > 1e-3


def test_v2_ultra_builds_without_any_of_its_modules():
    bare = dict.fromkeys((*V2_SWITCHES, "pyramid_attention"), False)
    model = build_model(V2UltraConfig(**bare, shuffle_groups=1, trunk_channels=0))
    assert count(model) == count(model.backbone, model.pyramid, model.heads)


def test_nano_b_builds_without_any_of_its_modules():
    model = build_model(NanoBConfig(**dict.fromkeys(NANO_B_SWITCHES, False), shuffle_groups=1))
    assert count(model) == count(model.backbone, model.pyramid, model.heads)


def test_v1_takes_plain_convolutions_for_deformable_ones():
    plain = lively_network(V1Config(context="standard", attention="none"))
    offsets_and_modulators = 3 * (9 * 27 * (2 * 56 + 3 * 14) + 5 * 27)  # three levels of five branches
    assert count(plain) == 489_015 - offsets_and_modulators


@pytest.mark.parametrize("network", NETWORKS)
def test_networks_build_from_pruned_widths(network):
    config = default_config(network)
    backbone = dataclasses.replace(config.backbone, widths=PRUNED_WIDTHS)
    model = build_model(dataclasses.replace(config, backbone=backbone))
    levels = model.backbone(random_images(32, 32))
    assert [x.shape[-1] for x in levels] == [27, 50, 87]


def test_a_backbone_of_too_few_widths_is_refused():
    with pytest.raises(ValueError, match="14 widths"):
        build_model(V2UltraConfig(backbone=BackboneConfig(widths=(8, 16))))
