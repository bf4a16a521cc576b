/* From the sums of a filter to int8, for one output channel; all that can be worked out beforehand is. */

#ifndef FFKERAS_INT8_SCALING_H
#define FFKERAS_INT8_SCALING_H

#include "int8_processor.h"
#include "int8_rescale.h"

/* A value is worth the sum of products and bias, times a factor, plus the output's zero point.
 *
 * shift 1..22: the factor is multiplier / 2^31 / 2^shift, and twice the sum is known to stay within 32 bits; `rounding`
 * is half a unit and the zero point, 2^(shift - 1) + zero_point * 2^shift. Any other factor has its exponent (of
 * Int8Factor) less INT8_OTHER_SHIFT as `shift`, which is then below 0, and the zero point as `rounding`. */
typedef struct Int8Scaling {
  int32_t bias; /* with the share of the input's zero point */
  int32_t multiplier;
  int32_t rounding;
  int32_t shift;
} Int8Scaling;

#define INT8_OTHER_SHIFT 64

/* (doubled / 2) * multiplier / 2^31, rounded to the nearest, halves up. */
INT8_INLINE int32_t int8_multiply_doubled(int32_t doubled, int32_t multiplier) {
#if defined(__arm__) && (defined(INT8_DSP) || defined(INT8_HELIUM))
  int32_t high;
  __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(doubled), "r"(multiplier));
  return high;
#else
  return (int32_t)(((int64_t)doubled * multiplier + ((int64_t)1 << 31)) >> 32);
#endif
}

/* (value / 2^shift + zero point) with halves away from zero; shift 1..22, `rounding` as in Int8Scaling. */
INT8_INLINE int32_t int8_shift_right(int32_t value, int32_t rounding, int32_t shift) {
  return (value + (rounding + (value >> 31))) >> shift;
}

/* The output of a channel whose shift is 1..22, not yet kept within int8. `sum` has the bias in it. */
INT8_INLINE int32_t int8_scale_right(int32_t sum, int32_t multiplier, int32_t rounding, int32_t shift) {
  return int8_shift_right(int8_multiply_doubled(sum * 2, multiplier), rounding, shift);
}

/* The same for a channel whose shift is below 0, which few have. */
static INT8_APART int32_t int8_scale_other(int32_t sum, const Int8Scaling *scaling) {
  return int8_rescale(sum, scaling->multiplier, scaling->shift + INT8_OTHER_SHIFT) + scaling->rounding;
}

/* The same for every channel. */
INT8_INLINE int32_t int8_scale(int32_t sum, const Int8Scaling *scaling) {
  if (scaling->shift > 0) {
    return int8_scale_right(sum, scaling->multiplier, scaling->rounding, scaling->shift);
  }
  return int8_scale_other(sum, scaling);
}

/* a + b, which wraps at 32 bits as the reference's sums do. */
INT8_INLINE int32_t int8_wrapping_sum(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

#if defined(INT8_HELIUM)

/* Four channels' scaling, each of its numbers as a vector. */
typedef struct Int8ScalingVectors {
  int32x4_t bias, multiplier, rounding, shift;
} Int8ScalingVectors;

INT8_INLINE Int8ScalingVectors int8_load_scaling(const Int8Scaling *scaling) {
  const int32x4x4_t numbers = vld4q_s32((const int32_t *)(const void *)scaling);
  const Int8ScalingVectors vectors = {numbers.val[0], numbers.val[1], numbers.val[2], numbers.val[3]};
  return vectors;
}

/* The outputs of four channels whose shifts are 1..22; `right` holds the shifts below zero. */
INT8_INLINE int32x4_t int8_scale_four_right(int32x4_t sums, int32x4_t multiplier, int32x4_t rounding, int32x4_t right) {
  int32x4_t value = vqrdmulhq_s32(sums, multiplier);
  value = vaddq_s32(value, vshrq_n_s32(value, 31));
  return vshlq_s32(vaddq_s32(value, rounding), right);
}

/* The same for every channel. */
INT8_INLINE int32x4_t int8_scale_four(int32x4_t sums, const Int8ScalingVectors *scaling, int32_t zero_point) {
  const mve_pred16_t is_right = vcmpgtq_n_s32(scaling->shift, 0);
  const int32x4_t other = vaddq_n_s32(scaling->shift, INT8_OTHER_SHIFT);
  const int32x4_t exponent = vpselq_s32(vnegq_s32(scaling->shift), other, is_right);
  const int32x4_t zero = vdupq_n_s32(0);
  const int32x4_t right = vminq_s32(exponent, zero);
  int32x4_t value = vqrdmulhq_s32(vshlq_s32(sums, vmaxq_s32(exponent, zero)), scaling->multiplier);
  value = vaddq_s32(value, vshrq_n_s32(vandq_s32(value, right), 31));
  return vaddq_n_s32(vrshlq_s32(value, right), zero_point);
}

/* Kept within int8, for a store of the lowest byte of each value. */
INT8_INLINE int32x4_t int8_saturate_four(int32x4_t values) {
  const int16x8_t halves = vqmovnbq_s32(vreinterpretq_s16_s32(values), values);
  return vreinterpretq_s32_s8(vqmovnbq_s16(vreinterpretq_s8_s16(halves), halves));
}

#endif

#endif /* FFKERAS_INT8_SCALING_H */
