/* Fixed-point arithmetic that all kernels share, with the roundings of TensorFlow Lite's reference kernels. Right
 * shifts of negative numbers keep the sign, as all compilers for microcontrollers do them. */

#ifndef FFKERAS_INT8_RESCALE_H
#define FFKERAS_INT8_RESCALE_H

#include <stdint.h>

/* A factor: multiplier / 2^31 * 2^shift, multiplier in 2^30 .. 2^31 - 1 (or 0). */
typedef struct Int8Factor {
  int32_t multiplier;
  int32_t shift;
} Int8Factor;

/* a * b / 2^31, rounded to the nearest, halves up. */
static inline int32_t int8_multiply_high(int32_t a, int32_t b) {
  return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* value / 2^exponent, rounded to the nearest, halves away from zero; exponent in 0..31. */
static inline int32_t int8_divide_by_power(int32_t value, int32_t exponent) {
  const int32_t mask = (int32_t)(((uint32_t)1 << exponent) - 1u);
  const int32_t threshold = (mask >> 1) + (value < 0);
  return (value >> exponent) + ((value & mask) > threshold);
}

/* value * multiplier / 2^31 * 2^shift, rounded in two steps. */
static inline int32_t int8_rescale(int32_t value, int32_t multiplier, int32_t shift) {
  if (shift > 0) {
    return int8_multiply_high((int32_t)((uint32_t)value << shift), multiplier);
  }
  return int8_divide_by_power(int8_multiply_high(value, multiplier), -shift);
}

static inline int8_t int8_clamp(int32_t value, int32_t low, int32_t high) {
  return (int8_t)(value < low ? low : value > high ? high : value);
}

#endif /* FFKERAS_INT8_RESCALE_H */
