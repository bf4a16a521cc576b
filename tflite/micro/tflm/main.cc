// Finds faces in one picture after the other: provider -> detector -> responder.

#include <cstdint>

#include "detection_responder.h"
#include "face_detector.h"
#include "image_provider.h"
#include "tensorflow/lite/micro/micro_log.h"

// Where the arena lies: in PSRAM on an ESP32, else where the build says, such as
// -DARENA_ATTRIBUTES='__attribute__((section(".dtcm")))'.
#ifdef ESP_PLATFORM
#include "esp_attr.h"
#define ARENA_ATTRIBUTES EXT_RAM_BSS_ATTR
#elif !defined(ARENA_ATTRIBUTES)
#define ARENA_ATTRIBUTES
#endif

namespace {

constexpr int kFaceLimit = 100;

alignas(16) ARENA_ATTRIBUTES std::uint8_t arena[model::kArenaSize];
Face faces[kFaceLimit];

// Returns 0 when the pictures have come to an end, 1 where something failed.
int FindFaces(int argument_count, char** arguments) {
  static FaceDetector detector(arena, sizeof arena);
  if (!detector.Prepare() || !StartImageProvider(argument_count, arguments)) {
    return 1;
  }
  MicroPrintf("arena: %d of %d bytes in use", static_cast<int>(detector.arena_used()), static_cast<int>(sizeof arena));
  int failures = 0;
  FaceImage image;
  ImageStatus status;
  while ((status = NextImage(&image)) != ImageStatus::kNoMore) {
    const int count = status == ImageStatus::kReady ? detector.Detect(image, faces, kFaceLimit) : -1;
    if (count < 0) {
      ++failures;
    } else {
      RespondToDetection(image, faces, count);
    }
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace

#ifdef ESP_PLATFORM
extern "C" void app_main() { FindFaces(0, nullptr); }
#else
int main(int argument_count, char** arguments) { return FindFaces(argument_count, arguments); }
#endif
