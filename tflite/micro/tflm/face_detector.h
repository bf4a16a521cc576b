// A picture in, faces out, by TensorFlow Lite Micro.

#ifndef FACE_DETECTOR_H_
#define FACE_DETECTOR_H_

#include <cstddef>
#include <cstdint>

#include "faces.h"
#include "model.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

class FaceDetector {
 public:
  // Anchors above the score threshold that take part; pictures of crowds have some hundreds.
  static constexpr int kCandidateLimit = 1000;

  // arena: `arena_size` bytes, aligned to 16, for as long as the detector lives; model::kArenaSize are enough.
  FaceDetector(std::uint8_t* arena, std::size_t arena_size);

  // Call once, before Detect(). Returns false, with a line in TFLite Micro's log, where the arena is too small, the
  // library lacks or refuses an operation, or the graph's tensors are not those of the header.
  bool Prepare();

  // Writes up to `face_limit` faces of a picture, best first. Returns their number, or -1 where the picture has no
  // pixels or the network could not run.
  int Detect(const FaceImage& image, Face* faces, int face_limit);

  // Bytes of the arena that are in use, once prepared.
  std::size_t arena_used() const { return interpreter_.arena_used_bytes(); }

 private:
  FaceModel DescribeModel();
  bool FitsHeader();

  FaceLevel levels_[model::kLevelCount];
  FaceModel description_;
  FaceColumn columns_[model::kInputWidth];
  FaceCandidate candidates_[kCandidateLimit];
  tflite::MicroMutableOpResolver<model::kOperationCount> resolver_;
  tflite::MicroInterpreter interpreter_;
};

#endif  // FACE_DETECTOR_H_
