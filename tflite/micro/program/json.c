#include "json.h"

#include <math.h>

#define DECIMALS 4
#define UNITS 10000.0f /* in 1 */
#define LARGEST 1e9f
#define LONGEST 24 /* characters of a number */

/* Print `value` units of 1 / 10 ** decimals. */
static void print_units(Print *print, int64_t value, int decimals) {
  char text[LONGEST];
  char *first = text + LONGEST - 1;
  uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
  *first = '\0';
  for (int digit = 0; rest > 0 || digit <= decimals; ++digit) {
    if (digit == decimals && decimals > 0) {
      *--first = '.';
    }
    *--first = (char)('0' + rest % 10);
    rest /= 10;
  }
  if (value < 0) {
    *--first = '-';
  }
  print(first);
}

void json_integer(Print *print, int32_t value) { print_units(print, value, 0); }

void json_decimal(Print *print, float value) {
  if (!isfinite(value)) {
    print("null");
    return;
  }
  const float bounded = value < -LARGEST ? -LARGEST : value > LARGEST ? LARGEST : value;
  print_units(print, (int64_t)rintf(bounded * UNITS), DECIMALS);
}

void json_checksum(Print *print, uint32_t value) {
  char text[] = "\"00000000\"";
  for (int digit = 8; digit > 0; --digit) {
    text[digit] = "0123456789abcdef"[value & 15];
    value >>= 4;
  }
  print(text);
}

static void print_list(Print *print, const float *values, int count) {
  for (int index = 0; index < count; ++index) {
    print(index == 0 ? "[" : ", ");
    json_decimal(print, values[index]);
  }
  print("]");
}

static void print_face(Print *print, const Face *face) {
  const float box[] = {face->x1, face->y1, face->x2, face->y2};
  print("{\"box\": ");
  print_list(print, box, 4);
  print(", \"score\": ");
  json_decimal(print, face->score);
  print(", \"landmarks\": [");
  for (int point = 0; point < FACE_LANDMARKS; ++point) {
    print(point == 0 ? "" : ", ");
    print_list(print, face->landmarks[point], 2);
  }
  print("]}");
}

void json_faces(Print *print, const Face *faces, int count) {
  print("[");
  for (int index = 0; index < count; ++index) {
    print(index == 0 ? "\n  " : ",\n  ");
    print_face(print, &faces[index]);
  }
  print("]");
}
