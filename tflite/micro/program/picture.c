#include "picture.h"

#define CHANNELS 3
#define BMP_HEADER_BYTES 54 /* of the file and of the oldest bitmap header (BITMAPINFOHEADER) that are read */
#define BMP_ROW_MULTIPLE 4
#define LARGEST_VALUE 255 /* of a channel of 8 bits */

static const char *const TRUNCATED = "is truncated; copy it again.";
static const char *const WRONG_SIDES = "has no width or height, or more than 16384 pixels a side; make it smaller.";

/* Whether both sides are possible and the pixels end inside the file. */
static const char *check_size(int32_t width, int32_t height, size_t row_bytes, size_t available) {
  if (width < 1 || height < 1 || width > PICTURE_LARGEST_SIDE || height > PICTURE_LARGEST_SIDE) {
    return WRONG_SIDES;
  }
  const size_t last_row = CHANNELS * (size_t)width; /* the bytes that round a row may be missing behind it */
  return available >= last_row && (available - last_row) / row_bytes >= (size_t)height - 1 ? NULL : TRUNCATED;
}

/* ---- BMP ---------------------------------------------------------------------------------------------------------*/

static uint32_t read_16(const uint8_t *bytes) { return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8; }
static uint32_t read_32(const uint8_t *bytes) { return read_16(bytes) | read_16(bytes + 2) << 16; }

/* A signed side of a bitmap; one that no picture has becomes 0. */
static int32_t read_side(const uint8_t *bytes) {
  const uint32_t value = read_32(bytes);
  if (value <= PICTURE_LARGEST_SIDE) {
    return (int32_t)value;
  }
  return UINT32_MAX - value < PICTURE_LARGEST_SIDE ? -(int32_t)(UINT32_MAX - value) - 1 : 0;
}

static const char *open_bmp(const uint8_t *file, size_t size, Picture *picture) {
  if (size < BMP_HEADER_BYTES) {
    return TRUNCATED;
  }
  const uint32_t start = read_32(file + 10);
  const int32_t width = read_side(file + 18);
  const int32_t signed_height = read_side(file + 22);
  const uint32_t bits = read_16(file + 28);
  const uint32_t compression = read_32(file + 30);
  if (bits != 8 * CHANNELS || compression != 0) {
    return "is a bitmap of another kind; save it with 24 bits a pixel and without compression.";
  }
  if (start < BMP_HEADER_BYTES || start > size) {
    return TRUNCATED;
  }
  const int32_t height = signed_height < 0 ? -signed_height : signed_height;
  const size_t row_bytes = (CHANNELS * (size_t)(width < 0 ? 0 : width) + BMP_ROW_MULTIPLE - 1) / BMP_ROW_MULTIPLE *
                           BMP_ROW_MULTIPLE;
  const char *fault = check_size(width, height, row_bytes, size - start);
  if (fault != NULL) {
    return fault;
  }
  const int upwards = signed_height > 0;
  picture->image.width = width;
  picture->image.height = height;
  picture->image.pixels = file + start + (upwards ? row_bytes * ((size_t)height - 1) : 0);
  picture->image.row_bytes = upwards ? -(ptrdiff_t)row_bytes : (ptrdiff_t)row_bytes;
  picture->red_first = 0;
  return NULL;
}

/* ---- PPM ---------------------------------------------------------------------------------------------------------*/

static int is_space(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
static int is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

/* Read the next number of a PPM's header behind spaces and comments; -1 where there is none. Too large ones become one
 * more than any side may be. */
static int32_t read_number(const uint8_t *file, size_t size, size_t *position) {
  while (*position < size && (is_space(file[*position]) || file[*position] == '#')) {
    if (file[*position] == '#') {
      while (*position < size && file[*position] != '\n') {
        ++*position;
      }
    } else {
      ++*position;
    }
  }
  if (*position >= size || !is_digit(file[*position])) {
    return -1;
  }
  int32_t number = 0;
  while (*position < size && is_digit(file[*position])) {
    number = 10 * number + (file[(*position)++] - '0');
    if (number > PICTURE_LARGEST_SIDE) {
      number = PICTURE_LARGEST_SIDE + 1;
    }
  }
  return number;
}

static const char *open_ppm(const uint8_t *file, size_t size, Picture *picture) {
  size_t position = 2;
  const int32_t width = read_number(file, size, &position);
  const int32_t height = read_number(file, size, &position);
  const int32_t largest = read_number(file, size, &position);
  if (largest < 0 || position >= size || !is_space(file[position])) {
    return position >= size ? TRUNCATED : "has a damaged PPM header; write it again.";
  }
  if (largest != LARGEST_VALUE) {
    return "is a pixmap of another kind; save it with 8 bits a channel.";
  }
  ++position; /* exactly one space stands before the pixels */
  const size_t row_bytes = CHANNELS * (size_t)width;
  const char *fault = check_size(width, height, row_bytes, size - position);
  if (fault != NULL) {
    return fault;
  }
  picture->image.width = width;
  picture->image.height = height;
  picture->image.pixels = file + position;
  picture->image.row_bytes = (ptrdiff_t)row_bytes;
  picture->red_first = 1;
  return NULL;
}

/* ---- both --------------------------------------------------------------------------------------------------------*/

const char *picture_open(const uint8_t *file, size_t size, Picture *picture) {
  if (size == 0) {
    return "is empty; copy it again.";
  }
  if (size >= 2 && file[0] == 'B' && file[1] == 'M') {
    return open_bmp(file, size, picture);
  }
  if (size >= 2 && file[0] == 'P' && file[1] == '6') {
    return open_ppm(file, size, picture);
  }
  return "is neither a BMP nor a binary PPM; convert it.";
}

void picture_to_bgr(uint8_t *file, Picture *picture) {
  if (!picture->red_first) {
    return;
  }
  uint8_t *pixel = file + (picture->image.pixels - file);
  for (int count = picture->image.width * picture->image.height; count > 0; --count) {
    const uint8_t red = pixel[0];
    pixel[0] = pixel[2];
    pixel[2] = red;
    pixel += CHANNELS;
  }
  picture->red_first = 0;
}
