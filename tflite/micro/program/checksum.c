#include "checksum.h"

/* Half a byte at a time: the usual table of 256 would take a kilobyte of flash. */
static const uint32_t HALF_BYTES[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

uint32_t checksum(const void *data, size_t size) {
  uint32_t value = 0xffffffff;
  for (const uint8_t *byte = data; size > 0; --size) {
    value ^= *byte++;
    value = value >> 4 ^ HALF_BYTES[value & 15];
    value = value >> 4 ^ HALF_BYTES[value & 15];
  }
  return ~value;
}
