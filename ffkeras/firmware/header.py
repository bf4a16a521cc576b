"""The C++ header of a model: constants, anchors, and the registration of its operations."""

import shlex
from string import Template

import numpy as np

from ffkeras import __version__
from ffkeras.firmware.arena import recommended_arena
from ffkeras.firmware.literals import comment_line, float_literal
from ffkeras.firmware.model_info import ModelInfo, Tensor
from ffkeras.runtime.metadata import Metadata
from ffkeras.runtime.output import INT8_VALUES
from ffkeras.tflite_file.micro_operations import registering_method

SIGN_FLIP = "  return static_cast<std::int8_t>(pixel - 128);"
QUANTIZATION = """\
  const float value = std::nearbyint((pixel - kMean[channel]) / kInput.scale) + kInput.zero_point;
  return static_cast<std::int8_t>(value < -128 ? -128 : value > 127 ? 127 : value);"""

HEADER = Template("""\
// $file for TFLite Micro: the model and all that a program must know to run it.
// Made by ffkeras $version; do not edit, make it again:
//   python tools/export_c_array.py $argument
// Licence of the weights: $license
// Size of $file: $size bytes
// sha256 of $file:
//   $sha256
//
// C++17. Only the function template RegisterOperations() needs TFLite Micro, and only where it is called:
//
//   alignas(16) static std::uint8_t arena[$namespace::kArenaSize];
//   tflite::MicroMutableOpResolver<$namespace::kOperationCount> resolver;
//   $namespace::RegisterOperations(resolver);
//   tflite::MicroInterpreter interpreter(tflite::GetModel($namespace::kModel), resolver, arena,
//                                        $namespace::kArenaSize);
//   interpreter.AllocateTensors();

#ifndef $guard
#define $guard

$includes

namespace $namespace {

// The bytes of the .tflite file, in kModelSize bytes of flash.
inline constexpr std::size_t kModelSize = $size;
alignas(16) extern const unsigned char kModel[kModelSize];

// Working memory in bytes. The smallest was measured on x86-64 with tflite-micro $tflite_micro; kArenaSize
// leaves room for the scratch buffers of optimised kernels. A 32-bit microcontroller has shorter pointers and needs a
// little less: interpreter.arena_used_bytes() tells how much on the device itself.
inline constexpr std::size_t kSmallestArenaSize = $smallest;
inline constexpr std::size_t kArenaSize = $recommended;

// Registers the operations of the model, each once, in a tflite::MicroMutableOpResolver<kOperationCount>.
// Returns false if one was refused.
inline constexpr unsigned int kOperationCount = $operation_count;
template <typename Resolver>
bool RegisterOperations(Resolver& resolver) {
  bool done = true;
$registrations
  return done;
}

// An int8 tensor. A value is worth scale * (value - zero_point).
struct Tensor {
  int index;  // of interpreter.input(index) or interpreter.output(index)
  int width;  // numbers per pixel (input) or per anchor (outputs)
  float scale;
  int zero_point;
};

// Input: kInputHeight rows of kInputWidth pixels, each $channel_order. Resize an image so that it just fits, put it at
// the top left, and fill the rest with the mean.
inline constexpr int kInputHeight = $height;
inline constexpr int kInputWidth = $width;
inline constexpr Tensor kInput = $input;
inline constexpr std::size_t kInputSize = $input_size;  // bytes
inline constexpr float kMean[3] = {$mean};  // $channel_order

// The input value of a pixel's channel (0..2 in $channel_order): pixel - mean, quantised.
inline std::int8_t InputValue(std::uint8_t pixel, $channel_parameter) {
$input_value
}

// Outputs, each kAnchorCount rows.
inline constexpr int kAnchorCount = $anchor_count;
inline constexpr Tensor kClassification = $classification;  // probabilities$class_order
inline constexpr Tensor kBoxes = $boxes;  // codes of centre x, centre y, width, height
inline constexpr Tensor kLandmarks = $landmarks;  // codes of five x, y
inline constexpr int kFaceColumn = $face_column;  // of kClassification

// Faces below kScoreThreshold are left out: those whose int8 score is below kScoreThresholdInt8. Of two that overlap by
// an IoU of more than kIouThreshold the better stays.
inline constexpr float kScoreThreshold = $score_threshold;
inline constexpr int kScoreThresholdInt8 = $score_threshold_int8;
inline constexpr float kIouThreshold = $iou_threshold;

// Anchors: squares of kAnchorSizes pixels of the input at every cell of every level, row by row.
// A box has its centre at anchor.x + kCentreVariance * code * anchor.width (and y, height), and
// a width of anchor.width * exp(kSizeVariance * code) (and height);
// a landmark lies at anchor.x + kCentreVariance * code * anchor.width (and y, height).
inline constexpr float kCentreVariance = $centre_variance;
inline constexpr float kSizeVariance = $size_variance;
inline constexpr int kLevelCount = $level_count;
inline constexpr int kAnchorsPerCell = $per_cell;
struct Level {
  int stride;  // pixels of the input per cell
  int rows;
  int columns;
  int first;  // index of its first anchor
};
inline constexpr Level kLevels[kLevelCount] = {$levels};
inline constexpr float kAnchorSizes[kLevelCount][kAnchorsPerCell] = {$sizes};

// Centre, width and height of an anchor as shares of the input, 0..1.
struct Anchor {
  float x;
  float y;
  float width;
  float height;
};

// The anchor of row `index` of the outputs, 0 <= index < kAnchorCount.
inline Anchor AnchorAt(int index) {
  int number = 0;
  while (number + 1 < kLevelCount && index >= kLevels[number + 1].first) {
    ++number;
  }
  const Level& level = kLevels[number];
  const int cell = (index - level.first) / kAnchorsPerCell;
  const float size = kAnchorSizes[number][(index - level.first) % kAnchorsPerCell];
  const float x = (static_cast<float>(cell % level.columns) + 0.5f) * static_cast<float>(level.stride);
  const float y = (static_cast<float>(cell / level.columns) + 0.5f) * static_cast<float>(level.stride);
  return {x / kInputWidth, y / kInputHeight, size / kInputWidth, size / kInputHeight};
}

}  // namespace $namespace

#endif  // $guard
""")


def header_text(info: ModelInfo, file: str, namespace: str, smallest_arena: int, tflite_micro: str) -> str:
    """The header of a model.

    Args:
        info: of the file.
        file: its name.
        namespace: a C++ identifier; all names are inside it.
        smallest_arena: in bytes.
        tflite_micro: the version that measured it.
    """
    record = info.record
    height, width = record.image_size
    plain = record.mean == (128, 128, 128) and (info.input.scale, info.input.zero_point) == (1, 0)
    classes = info.outputs["classification"]
    return HEADER.substitute(
        file=comment_line(file),
        argument=comment_line(shlex.quote(file)),
        version=__version__,
        license=comment_line(record.license),
        size=info.size,
        sha256=info.sha256,
        namespace=namespace,
        guard=f"{namespace.upper()}_H_",
        includes="\n".join(f"#include <{name}>" for name in ([] if plain else ["cmath"]) + ["cstddef", "cstdint"]),
        smallest=smallest_arena,
        recommended=recommended_arena(smallest_arena),
        tflite_micro=tflite_micro,
        operation_count=len(info.operations),
        registrations="\n".join(
            f"  done = static_cast<int>(resolver.{registering_method(name)}()) == 0 && done;"
            for name in info.operations
        ),
        height=height,
        width=width,
        input=_tensor(info.input),
        input_size=height * width * info.input.width,
        mean=", ".join(map(float_literal, record.mean)),
        channel_order=record.channel_order,
        channel_parameter="int /*channel*/" if plain else "int channel",
        input_value=SIGN_FLIP if plain else QUANTIZATION,
        anchor_count=record.anchor_count,
        classification=_tensor(classes),
        class_order=" of background, face" if classes.width > 1 else " of a face",
        boxes=_tensor(info.outputs["bbox_regression"]),
        landmarks=_tensor(info.outputs["landmarks"]),
        face_column=classes.width - 1,
        score_threshold=float_literal(record.score_threshold),
        score_threshold_int8=_threshold(classes, record.score_threshold),
        iou_threshold=float_literal(record.iou_threshold),
        centre_variance=float_literal(record.variances[0]),
        size_variance=float_literal(record.variances[1]),
        **_anchor_values(record),
    )


def _anchor_values(record: Metadata) -> dict:
    height, width = record.image_size
    anchors = record.anchors
    levels, first = [], 0
    for stride in anchors.strides:
        rows, columns = height // stride, width // stride
        levels.append(f"{{{stride}, {rows}, {columns}, {first}}}")
        first += rows * columns * anchors.per_cell
    return {
        "level_count": len(levels),
        "per_cell": anchors.per_cell,
        "levels": ", ".join(levels),
        "sizes": ", ".join("{" + ", ".join(map(float_literal, sizes)) + "}" for sizes in anchors.sizes),
    }


def _tensor(tensor: Tensor) -> str:
    return f"{{{tensor.index}, {tensor.width}, {float_literal(tensor.scale)}, {tensor.zero_point}}}"


def _threshold(scores: Tensor, threshold: float) -> int:
    """The first int8 value that reaches `threshold`, or 128 where none does."""
    dequantised = (INT8_VALUES - np.float32(scores.zero_point)) * np.float32(scores.scale)
    return int(np.searchsorted(dequantised.astype(np.float32), np.float32(threshold))) - 128
