import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ffkeras.backend import keras
from ffkeras.errors import UserError
from ffkeras.layers import OUTPUTS
from ffkeras.layers.fast_fusion import FastFusion
from ffkeras.models import BackboneConfig, V1Config, V2UltraConfig
from ffkeras.models.build import build_model
from ffkeras.models.torch_import import backbone_layers, import_v1, load_backbone, v1_layers
from tests.models.networks import lively_network, random_images

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
PUBLISHED = REFERENCE / "featherface_v1.npz"
GOLDEN = REFERENCE / "featherface_v1_golden.npz"
IMAGENET = REFERENCE / "mobilenetv1_025_imagenet.npz"
needs_reference = pytest.mark.skipif(not PUBLISHED.exists(), reason="shared/reference is not beside the checkout")
STEM = "stage1.0.0.weight"


def torch_arrays(named_layers):
    """The arrays that PyTorch would have saved for these layers."""
    arrays = {}
    for name, layer in named_layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            values = (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance)
            for key, value in zip(("weight", "bias", "running_mean", "running_var"), values, strict=True):
                arrays[f"{name}.{key}"] = value.numpy()
            arrays[f"{name}.num_batches_tracked"] = np.array(7)
        elif isinstance(layer, FastFusion):
            arrays[name] = layer.fusion_weights.numpy()
        else:
            kernel, *bias = layer.get_weights()
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            kernel = np.moveaxis(kernel, -2, 0) if depthwise else np.moveaxis(kernel, -1, 0)  # outputs first
            kernel = np.moveaxis(kernel, -1, 1)  # [O, I, H, W]
            arrays[f"{name}.weight"] = kernel[:, :, 0, 0] if ".mlp." in name else kernel
            arrays.update({f"{name}.bias": value for value in bias})
    return arrays


@pytest.fixture(scope="module")
def attentive():
    """V1 with attention, and its arrays under PyTorch's names."""
    model = lively_network("v1")
    return model, torch_arrays(v1_layers(model))


def save(path, arrays):
    np.savez(path, **arrays)
    return path


def assert_equal_networks(ours, theirs):
    x = random_images(32, 64, 1)
    ours, theirs = ours(x), theirs(x)
    for name in OUTPUTS:
        np.testing.assert_array_equal(ours[name], theirs[name])


@needs_reference
def test_published_weights_give_the_golden_maps_and_outputs(monkeypatch):
    golden = np.load(GOLDEN)
    model = import_v1(PUBLISHED)
    assert (model.config.attention, model.config.context) == ("none", "deformable")
    maps = {}

    def record(name, layer):
        call = layer.call

        def recording(*arguments, **options):
            maps[name] = call(*arguments, **options)
            return maps[name]

        monkeypatch.setattr(layer, "call", recording)

    record("body", model.backbone)
    record("bifpn_layer1", model.pyramid.layers[0])
    record("bifpn", model.pyramid)
    record("ssh1.conv3X3", model.context[0].branch3)
    record("ssh1", model.context[0])
    record("cs1", model.shuffles[0])
    outputs = model(golden["images_bgr_u8"].astype(np.float32) - np.float32(model.config.mean))

    for key in golden.files:  # in the order of the network: the first that differs is where it goes wrong
        if key.startswith("feature/"):
            name = key.removeprefix("feature/")
            module, _, level = name.rpartition(".")
            ours = maps[name] if name in maps else maps[module][int(level)]
            np.testing.assert_allclose(ours[:1], golden[key], atol=1e-3, err_msg=key)
    for name in OUTPUTS:
        key = "classification_softmax" if name == "classification" else name
        np.testing.assert_allclose(outputs[name], golden[key], atol=1e-3, err_msg=name)


@needs_reference
def test_the_imagenet_backbone_sees_its_colours_in_bgr_images():
    model = build_model("v2_ultra")
    load_backbone(model, IMAGENET)
    stem = np.load(IMAGENET)[STEM]
    np.testing.assert_array_equal(model.backbone.stem.convolution.kernel, stem.transpose(2, 3, 1, 0)[:, :, ::-1])
    last = np.load(IMAGENET)["stage3.1.4.running_var"]
    np.testing.assert_array_equal(model.backbone.blocks[-1].pointwise.norm.moving_variance, last)


def test_a_backbone_trained_on_bgr_is_taken_as_it_is_without_its_classifier(tmp_path):
    source, target = lively_network("v2_ultra").backbone, build_model("v2_ultra")
    arrays = {**torch_arrays(backbone_layers(source)), "fc.weight": np.zeros((1000, 256), np.float32)}
    load_backbone(target, save(tmp_path / "backbone.npz", arrays), trained_on_rgb=False)
    for ours, theirs in zip(source.weights, target.backbone.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_backbone_of_other_widths_is_refused_by_name(tmp_path):
    arrays = torch_arrays(backbone_layers(lively_network("v2_ultra").backbone))
    path = save(tmp_path / "backbone.npz", arrays)
    widths = (*BackboneConfig().widths[:-1], 87)
    with pytest.raises(UserError, match=r"stage3\.1\.3\.weight is \(256, 256, 1, 1\)"):
        load_backbone(build_model(V2UltraConfig(backbone=BackboneConfig(widths))), path)


def test_attention_is_recognised_and_every_weight_comes_back(attentive, tmp_path):
    model, arrays = attentive
    imported = import_v1(save(tmp_path / "v1.npz", arrays))
    assert imported.config == V1Config(attention="cbam", context="deformable")
    assert_equal_networks(imported, model)


def test_plain_context_is_recognised(tmp_path):
    model = lively_network(V1Config(context="standard", attention="none"))
    imported = import_v1(save(tmp_path / "v1.npz", torch_arrays(v1_layers(model))))
    assert imported.config == model.config
    assert_equal_networks(imported, model)


def test_the_prefix_of_data_parallel_training_is_taken_off(attentive, tmp_path):
    model, arrays = attentive
    path = save(tmp_path / "v1.npz", {f"module.{name}": array for name, array in arrays.items()})
    assert_equal_networks(import_v1(path), model)


@pytest.mark.parametrize("name", ["body.stage2.3.4.running_var", "bifpn.1.p5_w2", "ssh2.conv7x7_3.0.offset_conv.bias"])
def test_a_missing_array_is_named(attentive, tmp_path, name):
    arrays = {key: value for key, value in attentive[1].items() if key != name}
    with pytest.raises(UserError, match=f"lacks the array {name}"):
        import_v1(save(tmp_path / "v1.npz", arrays))


def test_a_misshapen_array_is_named(attentive, tmp_path):
    name = "LandmarkHead.2.conv1x1.weight"
    arrays = {**attentive[1], name: np.zeros((30, 56, 1, 1), np.float32)}
    with pytest.raises(UserError, match=name):
        import_v1(save(tmp_path / "v1.npz", arrays))


def test_a_superfluous_array_is_named(attentive, tmp_path):
    arrays = {**attentive[1], "ssh1_cs.conv.weight": np.zeros(3, np.float32)}
    with pytest.raises(UserError, match=r"ssh1_cs\.conv\.weight"):
        import_v1(save(tmp_path / "v1.npz", arrays))


@pytest.mark.parametrize("content", [b"", b"PK nothing"])
def test_a_broken_file_is_named(tmp_path, content):
    path = tmp_path / "v1.npz"
    path.write_bytes(content)
    with pytest.raises(UserError, match="v1.npz"):
        import_v1(path)


@pytest.mark.parametrize("name", ["v1.npz", "v1.pth"])
def test_a_missing_file_is_named(tmp_path, name):
    with pytest.raises(UserError, match="does not exist"):
        import_v1(tmp_path / name)


def test_pth_without_torch_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    (tmp_path / "v1.pth").write_bytes(b"any")
    with pytest.raises(UserError, match="install it, or save the arrays by name as .npz"):
        import_v1(tmp_path / "v1.pth")


def stand_in_for_torch(content):
    """A torch whose load gives `content` and takes the safe arguments only."""

    def load(path, map_location, weights_only):
        assert (map_location, weights_only) == ("cpu", True)
        if isinstance(content, Exception):
            raise content
        return content

    return SimpleNamespace(load=load)


@pytest.mark.parametrize("nested", [False, True])
def test_pth_is_read_plain_or_nested(attentive, tmp_path, monkeypatch, nested):
    model, arrays = attentive
    tensors = {f"module.{name}": SimpleNamespace(numpy=lambda array=array: array) for name, array in arrays.items()}
    content = {"epoch": 3, "state_dict": tensors} if nested else tensors
    monkeypatch.setitem(sys.modules, "torch", stand_in_for_torch(content))
    (tmp_path / "v1.pth").write_bytes(b"any")
    assert_equal_networks(import_v1(tmp_path / "v1.pth"), model)


@pytest.mark.parametrize("content", [RuntimeError("bad magic\nmore"), {"epoch": 3}, [1, 2]])
def test_pth_that_is_no_state_dict_is_named(tmp_path, monkeypatch, content):
    monkeypatch.setitem(sys.modules, "torch", stand_in_for_torch(content))
    (tmp_path / "v1.pth").write_bytes(b"any")
    with pytest.raises(UserError, match=r"v1\.pth is not a PyTorch state dict"):
        import_v1(tmp_path / "v1.pth")


def test_pth_written_by_torch_is_read(attentive, tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    model, arrays = attentive
    torch.save({"state_dict": {k: torch.tensor(v) for k, v in arrays.items()}}, tmp_path / "v1.pth")
    assert_equal_networks(import_v1(tmp_path / "v1.pth"), model)
