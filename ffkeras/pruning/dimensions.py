"""The prunable dimensions of a network: sets of filters that go together, in groups for the search."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np
from rich.table import Table

from ffkeras.backend import keras, tf
from ffkeras.layers.channel_statistics import ChannelMean
from ffkeras.models.describe import layer_owners
from ffkeras.models.featherface import FeatherFace
from ffkeras.models.trace import kernel_of, macs_of
from ffkeras.pruning.channels import CONVOLUTIONS, ChannelGraph

STRIDES = (4, 8, 16, 32)  # of the backbone's groups; the stem at stride 2 is with the first
GROUPS = (*(f"backbone/{stride}" for stride in STRIDES), "pyramid", "modules")


@dataclass(frozen=True)
class Producer:
    """A convolution that makes channels of a dimension.

    Attributes:
        name: path of the layer in the network.
        layer: the convolution; its filters are the last axis of its kernel.
        norm: the BatchNormalization that alone follows it, or None.
        filters: int [size, k], the filters of each unit; k > 1 where equal groups of a grouped convolution are pruned
            alike.
        pooled: it makes a vector, not a map: the last convolution of a gate, for example.
    """

    name: str
    layer: keras.layers.Layer
    norm: keras.layers.Layer | None
    filters: np.ndarray
    pooled: bool


@dataclass(frozen=True)
class Dimension:
    """Units that can be taken out one by one; a unit is one channel wherever it occurs, with all weights along it.

    Attributes:
        name: path of its first producer.
        group: search group, one of `GROUPS`.
        size: units in it.
        producers: the convolutions that make its channels, in the order of execution.
        readers: paths of the convolutions that take them.
    """

    name: str
    group: str
    size: int
    producers: tuple[Producer, ...]
    readers: tuple[str, ...]


Widths = Mapping[str, int]
"""Units that are kept, by the name of the dimension; a dimension that is not named keeps all."""


class PruningMap:
    """All that can be pruned in a network, and what it would cost then.

    Args:
        model: any of the three networks, dense or pruned.

    Attributes:
        dimensions: in the order of execution.
        groups: those of `GROUPS` that the network has.
        tied: sets of dimensions that keep the same share of their units: one gate looks at the mean over channels of
            maps with different dimensions, and its weights can make up for one share only.
    """

    def __init__(self, model: FeatherFace):
        self.model = model
        self.graph = ChannelGraph(model)
        self._paths = layer_paths(model)
        self._unit: dict[int, tuple[str, int]] = {}  # root of a channel -> its dimension and unit
        self.dimensions = self._find()
        self.tied = self._find_tied()
        self.dimensions = self._with_groups()
        present = {dimension.group for dimension in self.dimensions}
        self.groups = tuple(group for group in GROUPS if group in present)
        self._calls_at: dict[tuple[int, int], list[int]] = {}

    def __getitem__(self, name: str) -> Dimension:
        """The dimension of that name. Raises KeyError where there is none."""
        return next(dimension for dimension in self.dimensions if dimension.name == name)

    def widths(self, rates: Mapping[str, float], align: int = 1) -> dict[str, int]:
        """Units that are kept at pruning rates.

        Args:
            rates: by group, 0 (keep all) to 1; a group that is not named keeps all. One unit always stays.
            align: widths are rounded up to multiples of it, where the dimension is that wide.
        """
        size = {dimension.name: dimension.size for dimension in self.dimensions}
        tied_with = {name: names for names in self.tied for name in names}
        widths = {}
        for dimension in self.dimensions:
            steps = gcd(*(size[name] for name in tied_with.get(dimension.name, (dimension.name,))))
            kept = max(1, round(steps * (1 - rates.get(dimension.group, 0.0))))
            kept = min(steps, -(-kept // align) * align)
            widths[dimension.name] = kept * dimension.size // steps
        return widths

    def parameters(self, widths: Widths) -> int:
        """Trainable parameters of the network that is left."""
        return sum(self._size(weight, widths) for weight in self.model.trainable_weights)

    def macs(self, widths: Widths, image_size: tuple[int, int]) -> int:
        """Multiply-accumulates for one image of the network that is left, as `ffkeras.models.describe` counts them.

        Args:
            widths: see `Widths`.
            image_size: (height, width) in pixels, multiples of 32.
        """
        total = 0
        for call, places in zip(self.graph.calls, self._places(image_size), strict=True):
            kernel = kernel_of(call.layer)
            if kernel is not None:
                read, made = (self.width(channels, widths) for channels in (call.inputs[0], call.output))
                total += macs_of(call.layer, places, read, made, self._size(kernel, widths))
        return total

    def width(self, channels: np.ndarray, widths: Widths) -> int:
        """How many of these channels are left."""
        left = 0
        for name, indices in Counter(self._dimension_of(channel) for channel in channels).items():
            kept = 1 if name is None else widths.get(name, self._sizes[name]) / self._sizes[name]
            left += round(indices * kept)
        return left

    def alive(self, weight: tf.Variable, axis: int, kept: Mapping[str, np.ndarray]) -> np.ndarray | None:
        """Which places along an axis of a weight stay, bool [length]; None where the axis is not prunable.

        Args:
            weight: of the network.
            axis: of the weight.
            kept: bool [size] by dimension, which units stay; a dimension that is not named keeps all.
        """
        roots = self.graph.axis(weight, axis)
        return None if roots is None else self.channels_alive(roots, kept)

    def channels_alive(self, channels: np.ndarray, kept: Mapping[str, np.ndarray]) -> np.ndarray:
        """Which channels stay, bool [C]; see `alive`."""
        units = [self._unit.get(self.graph.root(int(channel)), (None, 0)) for channel in channels]
        return np.array([kept[name][unit] if name in kept else True for name, unit in units], dtype=bool)

    def path(self, layer: keras.layers.Layer) -> str:
        """Where a layer stands in the network."""
        return self._paths[id(layer)]

    def table(self, widths: Widths | None = None) -> Table:
        """The map for a terminal.

        Args:
            widths: to show beside the present ones, or None.
        """
        table = Table(title=f"{self.model.name}: what can be pruned, and what goes with it")
        for column in ("group", "dimension", "width"):
            table.add_column(column, no_wrap=True)
        if widths is not None:
            table.add_column("kept")
        table.add_column("made together with")
        table.add_column("read by")
        for dimension in sorted(self.dimensions, key=lambda dimension: self.groups.index(dimension.group)):
            kept = [] if widths is None else [str(widths.get(dimension.name, dimension.size))]
            others = _listed([producer.name for producer in dimension.producers[1:]])
            table.add_row(
                dimension.group, dimension.name, str(dimension.size), *kept, others, _listed(dimension.readers)
            )
        return table

    def _dimension_of(self, channel: int) -> str | None:
        return self._unit.get(self.graph.root(int(channel)), (None, 0))[0]

    def _size(self, weight: tf.Variable, widths: Widths) -> int:
        """Numbers in a weight that are left."""
        total = 1
        for axis, length in enumerate(weight.shape):
            roots = self.graph.axis(weight, axis)
            total *= length if roots is None else self.width(roots, widths)
        return total

    def _places(self, image_size: tuple[int, int]) -> list[int]:
        """Height times width of every call's output at an input size."""
        if image_size not in self._calls_at:
            self._calls_at[image_size] = [call.places for call in self.model.flat(image_size, 1).calls]
        return self._calls_at[image_size]

    def _find(self) -> tuple[Dimension, ...]:
        """Channels with the same coupled places in the same weights make one dimension."""
        graph = self.graph
        makers: dict[int, dict[str, list[int]]] = {}  # root -> filters by name of the producer
        readers: dict[int, list[str]] = {}
        calls: dict[str, int] = {}  # first call of each convolution
        for position, call in enumerate(graph.calls):
            if isinstance(call.layer, keras.layers.DepthwiseConv2D) or not isinstance(call.layer, CONVOLUTIONS):
                continue
            name = self.path(call.layer)
            for root in set(graph.roots(call.inputs[0]).tolist()):
                if name not in readers.setdefault(root, []):
                    readers[root].append(name)
            if name in calls:
                continue
            calls[name] = position
            for filter_, root in enumerate(graph.axis(call.layer.kernel, 3).tolist()):
                makers.setdefault(root, {}).setdefault(name, []).append(filter_)
        sets: dict[tuple, list[int]] = {}
        for root, filters in makers.items():
            if root not in graph.closed:
                counts = tuple((name, len(places)) for name, places in filters.items())
                sets.setdefault((counts, tuple(readers.get(root, ()))), []).append(root)
        found = []
        for (counts, reading), roots in sets.items():
            if len(roots) == 1:
                continue  # the last unit cannot go
            producers = tuple(self._producer(name, calls[name], roots, makers) for name, _ in counts)
            dimension = Dimension(self._name(producers[0].name, found), "", len(roots), producers, reading)
            self._unit.update({root: (dimension.name, unit) for unit, root in enumerate(roots)})
            found.append(dimension)
        self._sizes = {dimension.name: dimension.size for dimension in found}
        return tuple(found)

    def _producer(self, name: str, position: int, roots: list[int], makers) -> Producer:
        call = self.graph.calls[position]
        filters = np.array([makers[root][name] for root in roots])
        return Producer(name, call.layer, self._norm_after(position), filters, pooled=call.stride == 0)

    def _norm_after(self, position: int) -> keras.layers.Layer | None:
        users = self.graph.users[position]
        layer = self.graph.calls[users[0]].layer if len(users) == 1 else None
        return layer if isinstance(layer, keras.layers.BatchNormalization) else None

    @staticmethod
    def _name(path: str, found: list[Dimension]) -> str:
        """The path; with a number where one layer makes channels of several dimensions."""
        same = sum(dimension.producers[0].name == path for dimension in found)
        return f"{path}#{same + 1}" if same else path

    def _find_tied(self) -> tuple[frozenset[str], ...]:
        means: dict[int, list[frozenset[str]]] = {}
        for call in self.graph.calls:
            if isinstance(call.layer, ChannelMean):
                names = frozenset(map(self._dimension_of, call.inputs[0])) - {None}
                means.setdefault(id(call.layer), []).append(names)
        tied = {frozenset.union(*sets) for sets in means.values() if len(set(sets)) > 1}
        return tuple(tied)

    def _with_groups(self) -> tuple[Dimension, ...]:
        owners = layer_owners(self.model)
        stride = {id(call.layer): call.stride for call in reversed(self.graph.calls)}
        group_of = {dimension.name: _group(dimension, owners, stride) for dimension in self.dimensions}
        for names in self.tied:
            first = next(dimension.name for dimension in self.dimensions if dimension.name in names)
            group_of.update(dict.fromkeys(names, group_of[first]))
        return tuple(
            Dimension(one.name, group_of[one.name], one.size, one.producers, one.readers) for one in self.dimensions
        )


def _group(dimension: Dimension, owners: Mapping[int, str], stride: Mapping[int, int]) -> str:
    layers = [producer.layer for producer in dimension.producers]
    parts = [owners[id(layer)] for layer in layers]
    if "backbone" in parts:
        return f"backbone/{max(STRIDES[0], stride[id(layers[parts.index('backbone')])])}"
    return "pyramid" if "pyramid" in parts else "modules"


def layer_paths(model: FeatherFace) -> dict[int, str]:
    """The path of every layer in a network by id, as "backbone.blocks.3.pointwise"."""
    return {id(layer): path.removesuffix(".convolution") for path, layer in _named_layers(model, "", set())}


def _named_layers(value, path: str, seen: set[int]) -> Iterator[tuple[str, keras.layers.Layer]]:
    if isinstance(value, keras.layers.Layer):
        if id(value) in seen:
            return
        seen.add(id(value))
        yield path, value
        inner = {name: part for name, part in vars(value).items() if not name.startswith("_")}
    elif isinstance(value, dict):
        inner = value
    elif isinstance(value, (list, tuple)):
        inner = dict(enumerate(value))
    else:
        return
    for name, part in inner.items():
        yield from _named_layers(part, f"{path}.{name}" if path else str(name), seen)


def _listed(names: Sequence[str]) -> str:
    """Names with commas; those that differ in numbers alone as one: `context.{0,1,2}.branch3`."""
    alike: dict[str, list[list[str]]] = {}
    for name in names:
        alike.setdefault(re.sub(r"\d+", "*", name), []).append(re.findall(r"\d+", name))
    texts = []
    for pattern, numbers in alike.items():
        for column in zip(*numbers, strict=True):
            different = sorted(set(column), key=int)
            text = different[0] if len(different) == 1 else f"{{{','.join(different)}}}"
            pattern = pattern.replace("*", text, 1)
        texts.append(pattern)
    return ", ".join(texts)
