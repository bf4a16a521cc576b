"""PyTorch weights into our networks: named arrays, each of which must find its place."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ffkeras.backend import keras
from ffkeras.errors import UserError, reason_of
from ffkeras.layers import CBAM, SSH, BiFPN, DeformableConvBN, MobileNetV1
from ffkeras.layers.fast_fusion import FastFusion
from ffkeras.models.build import build_model
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.v1_config import V1Config

NamedLayers = Iterator[tuple[str, keras.layers.Layer]]  # (the module's name in PyTorch, our layer)
STAGES = ((1, 1, 5), (2, 0, 6), (3, 0, 2))  # of the published MobileNet: number, first module that is a block, blocks
PYRAMID_NODES = (
    ("p4_top_down", "p4_w1", "conv4_up"),
    ("p3_out", "p3_w1", "conv3_up"),
    ("p4_out", "p4_w2", "conv4_down"),
    ("p5_out", "p5_w2", "conv5_down"),
)  # ours, PyTorch's weights and convolution
CONTEXT_BRANCHES = (
    ("branch3", "conv3X3"),
    ("branch5_first", "conv5X5_1"),
    ("branch5_second", "conv5X5_2"),
    ("branch7_second", "conv7X7_2"),
    ("branch7_third", "conv7x7_3"),
)
HEADS = ("ClassHead", "BboxHead", "LandmarkHead")  # in the order of ffkeras.layers.OUTPUTS


def load_backbone(model: FeatherFace, path: str | os.PathLike, trained_on_rgb: bool = True) -> None:
    """Initialise `model.backbone` from the arrays of a MobileNetV1-0.25, such as one trained on ImageNet.

    Args:
        model: a network whose backbone has the published widths.
        path: .npz or .pth of arrays under PyTorch's names (`stage1.0.0.weight`, ...); a classifier `fc` is left out.
        trained_on_rgb: the weights saw RGB images, as weights trained with torchvision did.

    Raises:
        UserError: the file is missing or unreadable, or an array is missing, misshapen or superfluous.
    """
    arrays = {name: array for name, array in read_checkpoint(path).items() if not name.startswith("fc.")}
    if trained_on_rgb and "stage1.0.0.weight" in arrays:
        # Our images are BGR: the stem's input channels in reverse order see the colours that they were trained for.
        arrays["stage1.0.0.weight"] = arrays["stage1.0.0.weight"][:, ::-1]
    assign_arrays(backbone_layers(model.backbone), arrays, str(path))


def import_v1(path: str | os.PathLike) -> FeatherFace:
    """Build V1 from a PyTorch checkpoint; attention and context are what its names say.

    Args:
        path: .npz of named arrays, or a .pth file, which needs torch.

    Raises:
        UserError: the file is missing or unreadable, or an array is missing, misshapen or superfluous.
    """
    arrays = read_checkpoint(path)
    config = V1Config(
        attention="cbam" if any(".ChannelGate." in name for name in arrays) else "none",
        context="deformable" if any(".offset_conv." in name for name in arrays) else "standard",
    )
    model = build_model(config)
    assign_arrays(v1_layers(model), arrays, str(path))
    return model


def read_checkpoint(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Read an .npz or .pth file's arrays, without the prefix of data-parallel training and without batch counters.

    Raises:
        UserError: missing, unreadable, not of named arrays, or a .pth file where torch is not installed.
    """
    arrays = read_npz(path) if Path(path).suffix == ".npz" else read_pth(path)
    arrays = {name.removeprefix("module."): array for name, array in arrays.items()}
    return {name: array for name, array in arrays.items() if not name.endswith("num_batches_tracked")}


def read_pth(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Read the tensors of a PyTorch state dict, which may be nested under `state_dict`.

    Raises:
        UserError: missing, unreadable, not a state dict, or torch is not installed.
    """
    if not Path(path).exists():
        raise UserError(f"{path} does not exist; check the path.")
    try:
        import torch
    except ImportError as error:
        raise UserError(f"reading {path} needs torch; install it, or save the arrays by name as .npz.") from error
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
        values = values.get("state_dict", values)
        return {name: value.numpy() for name, value in values.items()}
    except Exception as error:  # pickle, zipfile and torch raise many kinds for a broken file
        raise UserError(f"{path} is not a PyTorch state dict ({reason_of(error)}); save model.state_dict().") from error


def read_npz(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Read an .npz file's named arrays. Raises UserError where that fails."""
    try:
        with np.load(Path(path)) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist; check the path.") from error
    except Exception as error:  # zipfile, zlib and numpy raise many kinds for a broken file
        raise UserError(f"{path} is not a readable .npz file of arrays ({reason_of(error)}); save it again.") from error


def backbone_layers(backbone: MobileNetV1, prefix: str = "") -> NamedLayers:
    """Each layer of the backbone with the name that it has in PyTorch."""
    yield f"{prefix}stage1.0.0", backbone.stem.convolution
    yield f"{prefix}stage1.0.1", backbone.stem.norm
    names = (f"{prefix}stage{stage}.{first + i}" for stage, first, count in STAGES for i in range(count))
    for name, block in zip(names, backbone.blocks, strict=True):
        yield f"{name}.0", block.depthwise.convolution
        yield f"{name}.1", block.depthwise.norm
        yield f"{name}.3", block.pointwise.convolution
        yield f"{name}.4", block.pointwise.norm


def v1_layers(model: FeatherFace) -> NamedLayers:
    """Each layer of V1 with the name that it has in the published PyTorch network."""
    yield from backbone_layers(model.backbone, "body.")
    for i, cbam in enumerate(model.backbone_attention):
        yield from _cbam_layers(cbam, f"bacbkbone_{i}_cbam")  # spelt so in the published network
    yield from _pyramid_layers(model.pyramid)
    for i, cbam in enumerate(model.pyramid_attention):
        yield from _cbam_layers(cbam, f"bif_cbam_{i}")
    for i, ssh in enumerate(model.context):
        yield from _context_layers(ssh, f"ssh{i + 1}")
    for i, head in enumerate(model.heads.heads):
        for name, convolution in zip(HEADS, head.convolutions, strict=True):
            yield f"{name}.{i}.conv1x1", convolution


def _cbam_layers(cbam: CBAM, name: str) -> NamedLayers:
    yield f"{name}.ChannelGate.mlp.1", cbam.channel_gate.reduce
    yield f"{name}.ChannelGate.mlp.3", cbam.channel_gate.expand
    yield f"{name}.SpatialGate.spatial.conv", cbam.spatial_gate.convolution.convolution
    yield f"{name}.SpatialGate.spatial.bn", cbam.spatial_gate.convolution.norm


def _pyramid_layers(pyramid: BiFPN) -> NamedLayers:
    names = ("p3_down_channel", "p4_down_channel", "p5_down_channel", "p4_down_channel_2", "p5_down_channel_2")
    for name, lateral in zip(names, [*pyramid.laterals, *pyramid.bottom_up_laterals], strict=True):
        yield f"bifpn.0.{name}.0.conv", lateral.convolution
        yield f"bifpn.0.{name}.1", lateral.norm
    for i, layer in enumerate(pyramid.layers):
        for ours, weights, convolution in PYRAMID_NODES:
            node = getattr(layer, ours)
            yield f"bifpn.{i}.{weights}", node.fuse
            yield f"bifpn.{i}.{convolution}.depthwise_conv.conv", node.convolution.depthwise
            yield f"bifpn.{i}.{convolution}.pointwise_conv.conv", node.convolution.pointwise.convolution
            yield f"bifpn.{i}.{convolution}.bn", node.convolution.pointwise.norm


def _context_layers(ssh: SSH, name: str) -> NamedLayers:
    for ours, theirs in CONTEXT_BRANCHES:
        unit = getattr(ssh, ours)
        if isinstance(unit, DeformableConvBN):
            yield f"{name}.{theirs}.0.offset_conv", unit.offsets
            yield f"{name}.{theirs}.0.modulator_conv", unit.modulators
            yield f"{name}.{theirs}.0.regular_conv", unit.convolution
        else:
            yield f"{name}.{theirs}.0", unit.convolution
        yield f"{name}.{theirs}.1", unit.norm


def assign_arrays(layers: Iterator[tuple[str, keras.layers.Layer]], arrays: dict[str, np.ndarray], source: str) -> None:
    """Copy every array into the layer of its name; nothing is copied unless everything fits.

    Args:
        layers: (PyTorch's module name, our layer).
        arrays: by PyTorch's names.
        source: the file, for error sentences.

    Raises:
        UserError: an array is missing, misshapen or superfluous.
    """
    places = [place for name, layer in layers for place in _places(name, layer)]
    values = [_fitting(arrays, name, variable, axes, source) for name, variable, axes in places]
    superfluous = sorted(set(arrays) - {name for name, _, _ in places})
    if superfluous:
        raise UserError(f"{source} holds {superfluous[0]}, which has no place here; is it of another network?")
    for (_, variable, _), value in zip(places, values, strict=True):
        variable.assign(value)


def _places(name: str, layer: keras.layers.Layer) -> Iterator[tuple[str, object, tuple[int, ...] | None]]:
    """(array name, variable, permutation of the array's axes) for each weight of a primitive layer."""
    if isinstance(layer, keras.layers.BatchNormalization):
        yield f"{name}.weight", layer.gamma, None
        yield f"{name}.bias", layer.beta, None
        yield f"{name}.running_mean", layer.moving_mean, None
        yield f"{name}.running_var", layer.moving_variance, None
    elif isinstance(layer, FastFusion):
        yield name, layer.fusion_weights, None
    elif isinstance(layer, keras.layers.DepthwiseConv2D):
        yield f"{name}.weight", layer.depthwise_kernel, (2, 3, 0, 1)  # [C, 1, H, W] -> [H, W, C, 1]
    else:
        yield f"{name}.weight", layer.kernel, (2, 3, 1, 0)  # [O, I, H, W] -> [H, W, I, O]
        if layer.use_bias:
            yield f"{name}.bias", layer.bias, None


def _fitting(arrays: dict[str, np.ndarray], name: str, variable, axes, source: str) -> np.ndarray:
    if name not in arrays:
        raise UserError(f"{source} lacks the array {name}; is it of another network?")
    value = np.asarray(arrays[name], np.float32)
    shape = tuple(variable.shape)
    needed = shape if axes is None else tuple(shape[axes.index(i)] for i in range(len(axes)))  # in PyTorch's order
    if value.shape + (1, 1) == needed:  # fully connected there, 1x1 convolution here
        value = value.reshape(needed)
    if value.shape != needed:
        raise UserError(
            f"{source}: {name} is {value.shape}, but the network needs {needed}; use a network of its widths."
        )
    return value if axes is None else value.transpose(axes)
