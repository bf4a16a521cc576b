/* Find the faces of a picture file and print them as JSON: `faces picture.bmp`. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detection.h"
#include "picture.h"

#define LARGEST_FILE (1u << 30) /* bytes; the largest picture has 768 MB */
#define FIRST_READ (1u << 16)

static void print(const char *text) { fputs(text, stdout); }

static int refuse(const char *name, const char *fault) {
  fprintf(stderr, "error: %s %s\n", name, fault);
  return EXIT_FAILURE;
}

/* The bytes of a file, to be freed; NULL with errno set where it cannot be read. */
static uint8_t *read_stream(FILE *stream, size_t *size) {
  size_t room = FIRST_READ;
  uint8_t *bytes = malloc(room);
  *size = 0;
  while (bytes != NULL) {
    *size += fread(bytes + *size, 1, room - *size, stream);
    if (*size < room) {
      break;
    }
    room *= 2;
    uint8_t *larger = room <= LARGEST_FILE ? realloc(bytes, room) : NULL;
    if (larger == NULL) {
      free(bytes);
      errno = room <= LARGEST_FILE ? ENOMEM : EFBIG;
      return NULL;
    }
    bytes = larger;
  }
  if (bytes != NULL && ferror(stream)) {
    const int reason = errno;
    free(bytes);
    errno = reason;
    return NULL;
  }
  return bytes;
}

static uint8_t *read_file(const char *name, size_t *size) {
  FILE *stream = fopen(name, "rb");
  if (stream == NULL) {
    return NULL;
  }
  uint8_t *bytes = read_stream(stream, size);
  const int reason = errno;
  fclose(stream);
  errno = reason;
  return bytes;
}

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "usage: %s PICTURE (a BMP of 24 bits or a binary PPM)\n", count > 0 ? arguments[0] : "faces");
    return 2;
  }
  const char *name = arguments[1];
  size_t size;
  uint8_t *file = read_file(name, &size);
  if (file == NULL) {
    fprintf(stderr, "error: cannot read %s: %s; check the path.\n", name, strerror(errno));
    return EXIT_FAILURE;
  }
  Picture picture;
  const char *fault = picture_open(file, size, &picture);
  if (fault != NULL) {
    free(file);
    return refuse(name, fault);
  }
  picture_to_bgr(file, &picture);
  detect_and_print(&picture.image, print);
  print("}\n");
  free(file);
  if (fflush(stdout) != 0) {
    fprintf(stderr, "error: cannot write the faces: %s; free some space.\n", strerror(errno));
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
