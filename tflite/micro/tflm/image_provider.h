// Where pictures come from: the one part of the example that differs from board to board.
// image_provider_file.cc reads a file on a computer, esp32s3/main/image_provider_camera.cc an ESP32's camera.

#ifndef IMAGE_PROVIDER_H_
#define IMAGE_PROVIDER_H_

#include "faces.h"

enum class ImageStatus {
  kReady,   // there is a picture
  kNoMore,  // there will be none
  kFailed,  // there is none, and the provider has said why
};

// Called once, with the arguments of main() where there are any. Returns false, having said why, where it cannot work.
bool StartImageProvider(int argument_count, char** arguments);

// Gives the next picture; its pixels stay until the next call.
ImageStatus NextImage(FaceImage* image);

#endif  // IMAGE_PROVIDER_H_
