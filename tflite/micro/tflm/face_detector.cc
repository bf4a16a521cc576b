#include "face_detector.h"

#include "tensorflow/lite/micro/micro_log.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace {

FaceQuantization QuantizationOf(const model::Tensor& tensor) { return {tensor.scale, tensor.zero_point}; }

// Whether a tensor of the graph has the bytes that the header says, by which this firmware reads and writes it.
bool Fits(const TfLiteTensor* tensor, std::size_t bytes) {
  return tensor != nullptr && tensor->type == kTfLiteInt8 && tensor->bytes == bytes;
}

}  // namespace

FaceDetector::FaceDetector(std::uint8_t* arena, std::size_t arena_size)
    : description_(DescribeModel()), interpreter_(tflite::GetModel(model::kModel), resolver_, arena, arena_size) {}

FaceModel FaceDetector::DescribeModel() {
  for (int number = 0; number < model::kLevelCount; ++number) {
    levels_[number] = {model::kLevels[number].stride, model::kAnchorSizes[number]};
  }
  FaceModel description = {};
  description.input_height = model::kInputHeight;
  description.input_width = model::kInputWidth;
  for (int channel = 0; channel < 3; ++channel) {
    description.mean[channel] = model::kMean[channel];
  }
  description.input = QuantizationOf(model::kInput);
  description.anchor_count = model::kAnchorCount;
  description.level_count = model::kLevelCount;
  description.anchors_per_cell = model::kAnchorsPerCell;
  description.levels = levels_;
  description.centre_variance = model::kCentreVariance;
  description.size_variance = model::kSizeVariance;
  description.class_count = model::kClassification.width;
  description.classification = QuantizationOf(model::kClassification);
  description.bbox_regression = QuantizationOf(model::kBoxes);
  description.landmarks = QuantizationOf(model::kLandmarks);
  description.score_threshold = model::kScoreThreshold;
  description.iou_threshold = model::kIouThreshold;
  return description;
}

bool FaceDetector::Prepare() {
  if (tflite::GetModel(model::kModel)->version() != TFLITE_SCHEMA_VERSION) {
    MicroPrintf("error: the model is of another schema than this TFLite Micro; convert it again.");
    return false;
  }
  if (!model::RegisterOperations(resolver_)) {
    MicroPrintf("error: an operation of the model could not be registered; update TFLite Micro.");
    return false;
  }
  if (interpreter_.AllocateTensors() != kTfLiteOk) {
    MicroPrintf("error: the arena is too small; give it model::kArenaSize = %d bytes.",
                static_cast<int>(model::kArenaSize));
    return false;
  }
  if (!FitsHeader()) {
    MicroPrintf("error: the graph has other tensors than its header says; make both again by tools/export_c_array.py.");
    return false;
  }
  return true;
}

bool FaceDetector::FitsHeader() {
  constexpr std::size_t kRows = model::kAnchorCount;
  bool fits = interpreter_.inputs_size() == 1 && interpreter_.outputs_size() == 3;
  fits = fits && Fits(interpreter_.input(model::kInput.index), model::kInputSize);
  for (const model::Tensor& output : {model::kClassification, model::kBoxes, model::kLandmarks}) {
    fits = fits && Fits(interpreter_.output(output.index), kRows * static_cast<std::size_t>(output.width));
  }
  return fits;
}

int FaceDetector::Detect(const FaceImage& image, Face* faces, int face_limit) {
  std::int8_t* input = interpreter_.input(model::kInput.index)->data.int8;
  FaceLetterbox letterbox;
  if (faces_letterbox(&description_, &image, columns_, input, &letterbox) != 0) {
    MicroPrintf("error: the picture has no pixels; look at the image provider.");
    return -1;
  }
  if (interpreter_.Invoke() != kTfLiteOk) {
    return -1;  // TFLite Micro has said why
  }
  const FaceOutputs outputs = {
      interpreter_.output(model::kClassification.index)->data.int8,
      interpreter_.output(model::kBoxes.index)->data.int8,
      interpreter_.output(model::kLandmarks.index)->data.int8,
  };
  return faces_decode(&description_, &outputs, &letterbox, candidates_, kCandidateLimit, faces, face_limit);
}
