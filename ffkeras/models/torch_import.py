"""PyTorch weights into our networks: named arrays, each of which must find its place."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ffkeras.backend import keras
from ffkeras.errors import UserError
from ffkeras.layers import MobileNetV1
from ffkeras.models.featherface import FeatherFace

STAGES = ((1, 1, 5), (2, 0, 6), (3, 0, 2))  # of the published MobileNet: number, first module that is a block, blocks


def load_backbone(model: FeatherFace, path: str | os.PathLike, trained_on_rgb: bool = True) -> None:
    """Initialise `model.backbone` from the arrays of a MobileNetV1-0.25, such as one trained on ImageNet.

    Args:
        model: a network whose backbone has the published widths.
        path: .npz of arrays under PyTorch's names (`stage1.0.0.weight`, ...).
        trained_on_rgb: the weights saw RGB images, as weights trained with torchvision did.

    Raises:
        UserError: the file is missing or unreadable, or an array is missing, misshapen or superfluous.
    """
    arrays = read_npz(path)
    if trained_on_rgb and "stage1.0.0.weight" in arrays:
        # Our images are BGR: the stem's input channels in reverse order see the colours that they were trained for.
        arrays["stage1.0.0.weight"] = arrays["stage1.0.0.weight"][:, ::-1]
    assign_arrays(backbone_layers(model.backbone), arrays, str(path))


def read_npz(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Read an .npz file's named arrays. Raises UserError where that fails."""
    try:
        with np.load(Path(path)) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist; check the path.") from error
    except Exception as error:  # zipfile, zlib and numpy raise many kinds for a broken file
        raise UserError(f"{path} is not a readable .npz file of arrays ({error}); save it again.") from error


def backbone_layers(backbone: MobileNetV1, prefix: str = "") -> Iterator[tuple[str, keras.layers.Layer]]:
    """Each layer of the backbone with the name that it has in PyTorch."""
    yield f"{prefix}stage1.0.0", backbone.stem.convolution
    yield f"{prefix}stage1.0.1", backbone.stem.norm
    names = (f"{prefix}stage{stage}.{first + i}" for stage, first, count in STAGES for i in range(count))
    for name, block in zip(names, backbone.blocks, strict=True):
        yield f"{name}.0", block.depthwise.convolution
        yield f"{name}.1", block.depthwise.norm
        yield f"{name}.3", block.pointwise.convolution
        yield f"{name}.4", block.pointwise.norm


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
        return
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        yield f"{name}.weight", layer.depthwise_kernel, (2, 3, 0, 1)  # [C, 1, H, W] -> [H, W, C, 1]
    else:
        yield f"{name}.weight", layer.kernel, (2, 3, 1, 0)  # [O, I, H, W] -> [H, W, I, O]
    if layer.use_bias:
        yield f"{name}.bias", layer.bias, None


def _fitting(arrays: dict[str, np.ndarray], name: str, variable, axes, source: str) -> np.ndarray:
    if name not in arrays:
        raise UserError(f"{source} lacks the array {name}; is it of another network?")
    value = arrays[name]
    shape = tuple(variable.shape)
    ours = shape if axes is None else tuple(shape[axes.index(i)] for i in range(len(axes)))  # in PyTorch's order
    if value.shape != ours:
        raise UserError(
            f"{source}: {name} is {value.shape}, but the network needs {ours}; use a network of its widths."
        )
    return value if axes is None else value.transpose(axes)
