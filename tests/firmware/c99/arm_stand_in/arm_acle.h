/* The instructions of the DSP extension that the kernels use, in C: so that a computer runs that way under its
 * sanitizers. After Arm's C Language Extensions (ACLE). */

#ifndef STAND_IN_ARM_ACLE_H
#define STAND_IN_ARM_ACLE_H

#include <stdint.h>

static inline int32_t low_half(int32_t value) { return (int16_t)(value & 0xffff); }
static inline int32_t high_half(int32_t value) { return value >> 16; }
static inline int32_t wrapping_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

/* Bytes 0 and 2 with their signs. */
static inline int32_t __sxtb16(int32_t value) {
  const uint32_t low = (uint32_t)(int8_t)(value & 0xff) & 0xffffu;
  const uint32_t high = (uint32_t)(int8_t)(value >> 16 & 0xff);
  return (int32_t)(high << 16 | low);
}

static inline int32_t __smlad(int32_t a, int32_t b, int32_t sum) {
  return wrapping_add(sum, low_half(a) * low_half(b) + high_half(a) * high_half(b));
}

static inline int32_t __smlabb(int32_t a, int32_t b, int32_t sum) {
  return wrapping_add(sum, low_half(a) * low_half(b));
}

static inline int32_t __smlatt(int32_t a, int32_t b, int32_t sum) {
  return wrapping_add(sum, high_half(a) * high_half(b));
}

#endif /* STAND_IN_ARM_ACLE_H */
