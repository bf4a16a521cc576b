// Pictures from files: each argument of the program is a BMP of 24 bits or a binary PPM.

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "image_provider.h"
#include "picture.h"

namespace {

int remaining = 0;
char** next_name = nullptr;
std::vector<std::uint8_t> file;

bool ReadFile(const char* name) {
  std::FILE* stream = std::fopen(name, "rb");
  if (stream == nullptr) {
    return false;
  }
  file.clear();
  std::uint8_t block[4096];
  std::size_t count;
  while ((count = std::fread(block, 1, sizeof block, stream)) > 0) {
    file.insert(file.end(), block, block + count);
  }
  const bool whole = std::ferror(stream) == 0;
  const int reason = errno;
  std::fclose(stream);
  errno = reason;
  return whole;
}

}  // namespace

bool StartImageProvider(int argument_count, char** arguments) {
  if (argument_count < 2) {
    std::fprintf(stderr, "usage: %s PICTURE...\n", argument_count > 0 ? arguments[0] : "faces");
    return false;
  }
  remaining = argument_count - 1;
  next_name = arguments + 1;
  return true;
}

ImageStatus NextImage(FaceImage* image) {
  if (remaining == 0) {
    return ImageStatus::kNoMore;
  }
  --remaining;
  const char* name = *next_name++;
  if (!ReadFile(name)) {
    std::fprintf(stderr, "error: cannot read %s: %s; check the path.\n", name, std::strerror(errno));
    return ImageStatus::kFailed;
  }
  Picture picture;
  const char* fault = picture_open(file.data(), file.size(), &picture);
  if (fault != nullptr) {
    std::fprintf(stderr, "error: %s %s\n", name, fault);
    return ImageStatus::kFailed;
  }
  picture_to_bgr(file.data(), &picture);
  *image = picture.image;
  return ImageStatus::kReady;
}
