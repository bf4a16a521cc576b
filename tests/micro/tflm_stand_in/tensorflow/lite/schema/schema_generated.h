// A stand-in: see ../micro/micro_interpreter.h.

#ifndef TENSORFLOW_LITE_SCHEMA_SCHEMA_GENERATED_H_
#define TENSORFLOW_LITE_SCHEMA_SCHEMA_GENERATED_H_

#include <cstring>

#define TFLITE_SCHEMA_VERSION 3

namespace tflite {

struct Model {
  int version() const { return TFLITE_SCHEMA_VERSION; }
};

// The bytes of a .tflite file begin with four of a position and the letters TFL3.
inline const Model* GetModel(const void* bytes) {
  static const Model model;
  return std::memcmp(static_cast<const char*>(bytes) + 4, "TFL3", 4) == 0 ? &model : nullptr;
}

}  // namespace tflite

#endif  // TENSORFLOW_LITE_SCHEMA_SCHEMA_GENERATED_H_
