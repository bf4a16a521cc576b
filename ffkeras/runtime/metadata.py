"""The JSON record inside a .tflite file: all that a detector must know beside the graph (docs/design.md)."""

import json
import math
from dataclasses import asdict, dataclass, field

from ffkeras import __version__
from ffkeras.errors import UserError
from ffkeras.geometry import AnchorConfig
from ffkeras.geometry.codes import CENTRE_VARIANCE, SIZE_VARIANCE
from ffkeras.runtime.borders import DisagreementError, check_borders, read_borders
from ffkeras.runtime.checksum import file_checksum, find_checksum
from ffkeras.runtime.flatbuffer import BrokenFileError, find_metadata_buffer

METADATA_NAME = "ffkeras"  # of the entry in the file's metadata vector
FORMAT = 2
FORMATS = (1, FORMAT)  # 1 lacks `borders` and `decoded`, and its files have no checksum
NETWORKS = ("v1", "v2_ultra", "nano_b")
RAW_OUTPUTS = ("classification", "bbox_regression", "landmarks")
DECODED_OUTPUTS = ("boxes", "landmarks", "score")
QUANTIZATIONS = ("int8", "none")
BORDERS = ("int8", "float32")
LARGEST_SIDE = 65536  # pixels, of inputs, anchors and strides: beyond all reason, and far from overflow
DEEPEST = 100  # objects and lists in each other
LONGEST_REASON = 300  # characters of a sentence
LONGEST_WHOLE = 300  # digits; longer numbers are read as floating point


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise ValueError(reason)


def _is_number(value: object, low: float = -math.inf, high: float = math.inf) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


@dataclass(frozen=True)
class Metadata:
    """What a converted file says about itself.

    Args:
        network: "v1", "v2_ultra" or "nano_b".
        image_size: (height, width) of the input in pixels.
        mean: BGR, subtracted from the pixels.
        anchors: sizes and strides in pixels of the input.
        outputs: the interpreter's tensor names: of `classification`, `bbox_regression` and `landmarks`, or, where the
            file decodes, of `boxes`, `landmarks` and `score`.
        quantization: "int8" or "none".
        model: the network's configuration, as `config_to_json` gives it.
        score_threshold, iou_threshold: what a detector uses unless told otherwise, 0..1.
        borders: type of the input and of raw outputs, "int8" or "float32"; None takes that of the quantization. An int8
            network may have float32 borders.
        decoded: the file decodes: its outputs are float32 boxes, landmarks and scores, normalised to the input.
        channel_order, variances, license, format, ffkeras_version: fixed in this version.

    Raises:
        ValueError: a value that this version cannot run; the message names it.
    """

    network: str
    image_size: tuple[int, int]
    mean: tuple[float, float, float]
    anchors: AnchorConfig
    outputs: dict[str, str]
    quantization: str
    model: dict = field(default_factory=dict)
    score_threshold: float = 0.5
    iou_threshold: float = 0.4
    borders: str | None = None
    decoded: bool = False
    channel_order: str = "BGR"
    variances: tuple[float, float] = (CENTRE_VARIANCE, SIZE_VARIANCE)
    license: str = "Apache-2.0"
    format: int = FORMAT
    ffkeras_version: str = __version__

    def __post_init__(self):
        if self.borders is None:
            object.__setattr__(self, "borders", "int8" if self.quantization == "int8" else "float32")
        _require(
            type(self.format) is int and self.format in FORMATS,
            f"format {self.format!r}, where this version reads up to {FORMAT}",
        )
        _require(self.network in NETWORKS, f"network {self.network!r} is none of {', '.join(NETWORKS)}")
        stride = max(self.anchors.strides)
        sides_fit = all(_is_side(side) and side % stride == 0 for side in self.image_size)
        _require(len(self.image_size) == 2 and sides_fit, f"image_size {self.image_size} is no multiple of {stride}")
        steps = (*self.anchors.sizes, self.anchors.strides)
        _require(max(map(max, steps)) <= LARGEST_SIDE, f"anchors of more than {LARGEST_SIDE} pixels")
        is_mean = len(self.mean) == 3 and all(_is_number(value, 0, 255) for value in self.mean)
        _require(is_mean, f"mean {self.mean} is not three numbers in 0..255")
        for name in ("score_threshold", "iou_threshold"):
            value = getattr(self, name)
            _require(_is_number(value, 0, 1), f"{name} {value!r} is not in 0..1")
        _require(self.channel_order == "BGR", f"channel_order {self.channel_order!r} is not BGR")
        known = tuple(self.variances) == (CENTRE_VARIANCE, SIZE_VARIANCE)
        _require(known, f"variances {self.variances} are not {CENTRE_VARIANCE}, {SIZE_VARIANCE}")
        _require(self.quantization in QUANTIZATIONS, f"quantization {self.quantization!r} is not int8 or none")
        _require(self.borders in BORDERS, f"borders {self.borders!r} are not int8 or float32")
        fitting = self.quantization == "int8" or self.borders == "float32"
        _require(fitting, f"borders in {self.borders} around a network in floating point")
        _require(isinstance(self.decoded, bool), f"decoded {self.decoded!r} is not true or false")
        names = DECODED_OUTPUTS if self.decoded else RAW_OUTPUTS
        named = set(self.outputs) == set(names) and all(isinstance(n, str) for n in self.outputs.values())
        _require(named, f"outputs {self.outputs} do not name {', '.join(names)}")
        for name in ("license", "ffkeras_version"):
            _require(isinstance(getattr(self, name), str), f"{name} {getattr(self, name)!r} is no text")
        _require(isinstance(self.model, dict), "model is no object")

    @property
    def output_type(self) -> str:
        """Of the output tensors, "int8" or "float32"."""
        return "float32" if self.decoded else self.borders

    @property
    def anchor_counts(self) -> tuple[int, ...]:
        """Anchors of each level, the finest first."""
        height, width = self.image_size
        levels = zip(self.anchors.sizes, self.anchors.strides, strict=True)
        return tuple(len(sizes) * (height // stride) * (width // stride) for sizes, stride in levels)

    @property
    def anchor_count(self) -> int:
        """Rows of each output: the anchors of all levels."""
        return sum(self.anchor_counts)

    def to_json(self) -> str:
        """The record as JSON text; `from_json` reads it back to an equal value."""
        return json.dumps(asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Metadata":
        """Read a record. Raises ValueError, saying what is wrong, for anything but a whole record."""
        text = text.decode() if isinstance(text, bytes) else text  # else json takes UTF-16 and more for it
        record = json.loads(text, parse_int=_read_whole, parse_constant=_refuse_constant)
        _require(not _is_deeper(record, DEEPEST), "it is nested too deeply")
        _require(isinstance(record, dict), f"it is a {type(record).__name__}, not an object")
        known = cls.__dataclass_fields__.keys()
        if "format" in record:
            record["format"] = _as_whole(record["format"])
        older = type(record.get("format")) is int and record["format"] == 1
        missing = sorted(known - record.keys() - ({"borders", "decoded"} if older else set()))
        _require(not missing, f"it lacks {', '.join(missing)}")
        values = {name: record[name] for name in known & record.keys()}
        try:
            values["anchors"] = _read_anchors(record["anchors"])
            for name in ("image_size", "variances"):
                values[name] = tuple(_as_whole(value) for value in record[name])
            values["mean"] = tuple(record["mean"])  # as written: a file that is written again stays the same
            _require(values.get("borders", "") is not None, "borders None are not int8 or float32")
            return cls(**values)
        except (TypeError, AttributeError, KeyError) as error:
            raise ValueError(f"a value of the wrong kind: {error}") from error


def _is_side(value: object) -> bool:
    return type(value) is int and 0 < value <= LARGEST_SIDE


def _as_whole(value: object) -> object:
    """640 for 640.0, which are one number in JSON; all else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _read_whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_WHOLE else float(digits)


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _is_deeper(value: object, limit: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    items = value.values() if isinstance(value, dict) else value
    return limit == 0 or any(_is_deeper(item, limit - 1) for item in items)


def _read_anchors(record: dict) -> AnchorConfig:
    return AnchorConfig(sizes=record["sizes"], strides=[_as_whole(stride) for stride in record["strides"]])


def read_metadata(model: bytes, name: str) -> Metadata:
    """The record inside a .tflite file.

    Args:
        model: the file's bytes.
        name: what the sentence of an error calls the file.

    Raises:
        UserError: not a TFLite file, truncated, damaged, without our record, with one that this version cannot run, or
            with a graph that is not the one of its record.
    """
    try:
        place = find_metadata_buffer(model, METADATA_NAME)
    except BrokenFileError as error:
        raise _broken(name, error) from error
    if place is None:
        raise UserError(
            f"{name} is a TFLite file without an ffkeras record; convert the network with tools/convert_tflite.py."
        )
    try:
        record = Metadata.from_json(model[place])
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{name} has an ffkeras record that cannot be used ({_short(error)}); convert it with "
            "tools/convert_tflite.py."
        ) from error
    digits = find_checksum(model, place)
    if digits is None and record.format > 1:
        raise UserError(f"{name} has an ffkeras record without its checksum; copy or convert it again.")
    if digits is not None and model[digits] != file_checksum(model, digits):
        raise UserError(
            f"{name} is damaged: its bytes do not give the checksum in its ffkeras record; copy or convert it again."
        )
    try:
        check_borders(record, *read_borders(model))
    except BrokenFileError as error:
        raise _broken(name, error) from error
    except DisagreementError as error:
        raise disagreement(name, error) from error
    return record


def disagreement(name: str, reason: object) -> UserError:
    """The sentence about a graph that is not the one of its record."""
    return UserError(
        f"{name} is not what its record says: {_short(reason)}; convert it again with tools/convert_tflite.py."
    )


def _short(reason: object) -> str:
    """A reason of a length that can be read, whatever values of the file are in it."""
    text = str(reason)
    return text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}..."


def _broken(name: str, reason: object) -> UserError:
    return UserError(f"{name} is not a TFLite file, or is truncated ({reason}); copy or convert it again.")
