/* The process that is attacked: opens the pictures whose names it reads, and says how each ended; see readers.py.
 * Every pixel is read, in memory of exactly the file's size, so that a sanitizer sees what lies outside of it. */

#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

#define LONGEST_PATH 4096

static uint8_t *read_file(const char *path, size_t *size) {
  FILE *stream = fopen(path, "rb");
  if (stream == NULL || fseek(stream, 0, SEEK_END) != 0) {
    abort();
  }
  *size = (size_t)ftell(stream);
  rewind(stream);
  uint8_t *bytes = malloc(*size == 0 ? 1 : *size);
  if (bytes == NULL || fread(bytes, 1, *size, stream) != *size) {
    abort();
  }
  fclose(stream);
  return bytes;
}

/* The sum of all bytes of all pixels. */
static unsigned long sum_pixels(const FaceImage *image) {
  unsigned long sum = 0;
  for (int row = 0; row < image->height; ++row) {
    const uint8_t *pixels = image->pixels + row * image->row_bytes;
    for (int i = 0; i < 3 * image->width; ++i) {
      sum += pixels[i];
    }
  }
  return sum;
}

/* The most megabytes that this process has taken; 0 where there is no Linux. getrusage begins with the memory of the
 * process that started this one. */
static long peak_megabytes(void) {
  char line[LONGEST_PATH];
  long kilobytes = 0;
  FILE *status = fopen("/proc/self/status", "r");
  while (status != NULL && fgets(line, sizeof line, status) != NULL) {
    if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1) {
      break;
    }
  }
  if (status != NULL) {
    fclose(status);
  }
  return kilobytes / 1024;
}

int main(void) {
  char path[LONGEST_PATH];
  while (fgets(path, sizeof path, stdin) != NULL) {
    path[strcspn(path, "\n")] = '\0';
    size_t size;
    uint8_t *file = read_file(path, &size);
    Picture picture;
    const char *fault = picture_open(file, size, &picture);
    if (fault == NULL) {
      const unsigned long before = sum_pixels(&picture.image);
      picture_to_bgr(file, &picture);
      if (sum_pixels(&picture.image) != before) {
        abort(); /* an exchange of channels keeps the sum */
      }
    }
    free(file);
    printf("%s %ld 0\n", fault == NULL ? "accepted" : "refused", peak_megabytes());
    fflush(stdout);
  }
  return 0;
}
