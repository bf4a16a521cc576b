/* Find the faces of the picture in flash and print them as JSON. */

#include "detection.h"
#include "instructions.h"
#include "picture.h"
#include "semihosting.h"
#include "stack.h"

extern const uint8_t picture_file[], picture_file_end[]; /* of flash_picture.S */

static int refuse(const char *fault) {
  semihosting_print("error: the picture in flash ");
  semihosting_print(fault);
  semihosting_print("\n");
  return 1;
}

int main(void) {
  Picture picture;
  const char *fault = picture_open(picture_file, (size_t)((uintptr_t)picture_file_end - (uintptr_t)picture_file),
                                   &picture);
  if (fault != NULL) {
    return refuse(fault);
  }
  if (picture.red_first) {
    return refuse("stores red first, and flash cannot be changed; put a BMP there.");
  }
  detect_and_print(&picture.image, semihosting_print);
  semihosting_print(", \"stack_bytes\": ");
  json_integer(semihosting_print, (int32_t)stack_used());
#if defined(FFKERAS_AFTER_LAYER)
  semihosting_print(", ");
  print_counts(semihosting_print);
#endif
  semihosting_print("}\n");
  return 0;
}
