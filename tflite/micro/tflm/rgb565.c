#include "rgb565.h"

void rgb565_to_bgr(const uint8_t *pixels, size_t count, uint8_t *bgr) {
  for (; count > 0; --count) {
    const unsigned int pixel = (unsigned int)pixels[0] << 8 | pixels[1];
    const unsigned int red = pixel >> 11, green = pixel >> 5 & 63, blue = pixel & 31;
    bgr[0] = (uint8_t)(blue << 3 | blue >> 2);
    bgr[1] = (uint8_t)(green << 2 | green >> 4);
    bgr[2] = (uint8_t)(red << 3 | red >> 2);
    pixels += 2;
    bgr += 3;
  }
}
