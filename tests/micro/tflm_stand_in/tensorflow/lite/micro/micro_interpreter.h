// Stands in for TFLite Micro where its source is not at hand: as much of its interface as the example uses. It runs no
// network: Invoke() writes the input to the file INPUT of the environment and reads the outputs from OUTPUT_0, _1, _2. The
// input has INPUT_SIZE bytes, an output as many as its file.

#ifndef TENSORFLOW_LITE_MICRO_MICRO_INTERPRETER_H_
#define TENSORFLOW_LITE_MICRO_MICRO_INTERPRETER_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "tensorflow/lite/schema/schema_generated.h"

enum TfLiteStatus { kTfLiteOk = 0, kTfLiteError = 1 };

enum TfLiteType { kTfLiteFloat32 = 1, kTfLiteInt8 = 9 };

union TfLitePtrUnion {
  std::int8_t* int8;
};

struct TfLiteTensor {
  TfLiteType type;
  TfLitePtrUnion data;
  std::size_t bytes;
};

namespace tflite {

class MicroOpResolver {
 public:
  virtual ~MicroOpResolver() = default;
};

class MicroInterpreter {
 public:
  static constexpr std::size_t kLargest = 1 << 20;  // bytes of a tensor

  MicroInterpreter(const Model* model, const MicroOpResolver&, std::uint8_t* arena, std::size_t arena_size)
      : usable_(model != nullptr && reinterpret_cast<std::uintptr_t>(arena) % 16 == 0 && arena_size > 0) {}

  TfLiteStatus AllocateTensors() {
    for (int index = 0; index < 4; ++index) {
      bytes_[index].resize(kLargest);
      tensors_[index].data.int8 = bytes_[index].data();
      tensors_[index].type = std::getenv("FLOATS") == nullptr ? kTfLiteInt8 : kTfLiteFloat32;
      tensors_[index].bytes = index == 3 ? std::strtoul(std::getenv("INPUT_SIZE"), nullptr, 10) : FileSize(index);
    }
    return usable_ && std::getenv("ARENA_TOO_SMALL") == nullptr ? kTfLiteOk : kTfLiteError;
  }

  TfLiteStatus Invoke() {
    std::FILE* input = std::fopen(std::getenv("INPUT"), "wb");
    std::fwrite(bytes_[3].data(), 1, kLargest, input);
    std::fclose(input);
    for (int index = 0; index < 3; ++index) {
      std::FILE* output = OpenOutput(index);
      if (output == nullptr) {
        return kTfLiteError;
      }
      const std::size_t count = std::fread(bytes_[index].data(), 1, kLargest, output);
      std::fclose(output);
      if (count == 0) {
        return kTfLiteError;
      }
    }
    return kTfLiteOk;
  }

  std::size_t inputs_size() const { return 1; }
  std::size_t outputs_size() const { return 3; }
  TfLiteTensor* input(std::size_t) { return &tensors_[3]; }
  TfLiteTensor* output(std::size_t index) { return &tensors_[index]; }
  std::size_t arena_used_bytes() const { return 0; }

 private:
  static std::FILE* OpenOutput(int index) {
    const char* const names[] = {"OUTPUT_0", "OUTPUT_1", "OUTPUT_2"};
    const char* const name = std::getenv(names[index]);
    return name == nullptr ? nullptr : std::fopen(name, "rb");
  }

  static std::size_t FileSize(int index) {
    std::FILE* output = OpenOutput(index);
    if (output == nullptr) {
      return 0;
    }
    std::fseek(output, 0, SEEK_END);
    const long size = std::ftell(output);
    std::fclose(output);
    return static_cast<std::size_t>(size);
  }

  bool usable_;
  std::vector<std::int8_t> bytes_[4];
  TfLiteTensor tensors_[4];
};

}  // namespace tflite

#endif  // TENSORFLOW_LITE_MICRO_MICRO_INTERPRETER_H_
