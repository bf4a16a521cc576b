#include "int8_kernels.h"

#define COMMON_SHIFT 20             /* bits of precision that the common scale has beyond int8 */
#define ONE_HALF ((int32_t)1 << 30) /* as multiplier of a factor */

static int32_t to_common_scale(int32_t value, int32_t zero_point, const Int8Factor *factor) {
  return int8_rescale((value - zero_point) * ((int32_t)1 << COMMON_SHIFT), factor->multiplier, factor->shift);
}

/* Any two inputs; `sign` is that of the second. */
static void combine(const Int8Addition *layer, const int8_t *first, const int8_t *second, int32_t sign,
                    int8_t *output) {
  const Int8Spread *spread = &layer->spread;
  for (int32_t outer = 0; outer < spread->outer; ++outer) {
    for (int32_t index = 0; index < spread->count; ++index) {
      const int32_t b = sign * to_common_scale(second[index], layer->second_zero_point, &layer->second);
      for (int32_t repeat = 0; repeat < spread->repeat; ++repeat) {
        const int32_t a = to_common_scale(*first++, layer->first_zero_point, &layer->first);
        *output++ = int8_clamp(int8_scale(a + b, &layer->sum), layer->output.low, layer->output.high);
      }
    }
  }
}

/* Of two inputs the one with the larger scale has the factor 1/2: brought to the common scale, its values are only
 * shifted. The other one has a factor below, or the same. */
typedef struct Terms {
  const int8_t *half, *other;
  int32_t half_sign, other_sign; /* of which at least one is 1 */
  int32_t half_zero_point, other_zero_point;
  int32_t multiplier, shift; /* of the other one, to the right */
} Terms;

static int is_half(const Int8Factor *factor) { return factor->multiplier == ONE_HALF && factor->shift == 0; }

static Terms find_terms(const Int8Addition *layer, const int8_t *first, const int8_t *second, int32_t sign) {
  const int first_is_half = is_half(&layer->first);
  const Int8Factor *factor = first_is_half ? &layer->second : &layer->first;
  const Terms terms = {
      .half = first_is_half ? first : second,
      .other = first_is_half ? second : first,
      .half_sign = first_is_half ? 1 : sign,
      .other_sign = first_is_half ? sign : 1,
      .half_zero_point = first_is_half ? layer->first_zero_point : layer->second_zero_point,
      .other_zero_point = first_is_half ? layer->second_zero_point : layer->first_zero_point,
      .multiplier = factor->multiplier,
      .shift = -factor->shift,
  };
  return terms;
}

#if defined(INT8_HELIUM)

/* Four outputs. `zero_points` holds what both zero points come to on the common scale. */
INT8_INLINE int32x4_t add_four(const Int8Addition *layer, const Terms *terms, int32x4_t half, int32x4_t other,
                               int32x4_t zero_points, const int both_half, const int half_sign, const int other_sign) {
  int32x4_t value = vshlq_n_s32(other, COMMON_SHIFT);
  if (both_half) {
    value = vshrq_n_s32(value, 1);
  } else {
    value = vsubq_n_s32(value, terms->other_zero_point * ((int32_t)1 << COMMON_SHIFT));
    value = vqrdmulhq_n_s32(value, terms->multiplier);
    value = vaddq_s32(value, vshrq_n_s32(value, 31));
    value = vrshlq_n_s32(value, -terms->shift); /* a shift by a register, in spite of its name */
  }
  half = vshlq_n_s32(half, COMMON_SHIFT - 1);
  half = half_sign > 0 ? vaddq_s32(half, zero_points) : vsubq_s32(zero_points, half);
  value = other_sign > 0 ? vaddq_s32(half, value) : vsubq_s32(half, value);
  const Int8Scaling *sum = &layer->sum;
  value = vqrdmulhq_n_s32(value, sum->multiplier);
  value = vaddq_s32(value, vshrq_n_s32(value, 31));
  value = vshlq_r_s32(vaddq_n_s32(value, sum->rounding), -sum->shift);
  return vminq_s32(vmaxq_s32(value, vdupq_n_s32(layer->output.low)), vdupq_n_s32(layer->output.high));
}

INT8_INLINE void add_all(const Int8Addition *layer, const Terms *terms, int32_t size, int8_t *output,
                         const int both_half, const int half_sign, const int other_sign, const int takes_all) {
  (void)takes_all;
  const int32_t unit = (int32_t)1 << (COMMON_SHIFT - 1);
  int32_t zero_points = -half_sign * terms->half_zero_point * unit;
  if (both_half) {
    zero_points -= other_sign * terms->other_zero_point * unit;
  }
  const int32x4_t zeros = vdupq_n_s32(zero_points);
  const int8_t *half = terms->half, *other = terms->other;
  for (; size >= 4; size -= 4) {
    const int32x4_t a = vldrbq_s32(half), b = vldrbq_s32(other);
    vstrbq_s32(output, add_four(layer, terms, a, b, zeros, both_half, half_sign, other_sign));
    half += 4;
    other += 4;
    output += 4;
  }
  if (size > 0) {
    const mve_pred16_t rest = vctp32q((uint32_t)size);
    const int32x4_t a = vldrbq_z_s32(half, rest), b = vldrbq_z_s32(other, rest);
    vstrbq_p_s32(output, add_four(layer, terms, a, b, zeros, both_half, half_sign, other_sign), rest);
  }
}

#else

/* Sums are worked out doubled, as int8_multiply_doubled wants them. */
INT8_INLINE void add_all(const Int8Addition *layer, const Terms *terms, int32_t size, int8_t *output,
                         const int both_half, const int half_sign, const int other_sign, const int takes_all) {
  const int32_t unit = (int32_t)1 << COMMON_SHIFT; /* of the one that is halved, doubled */
  const int32_t multiplier = terms->multiplier, shift = terms->shift;
  const int32_t other_zero = -terms->other_zero_point * 2 * unit;
  const int32_t rounding = both_half ? 0 : (int32_t)1 << (shift - 1);
  const Int8Scaling sum = layer->sum;
  int32_t zero = -half_sign * terms->half_zero_point * unit;
  if (both_half) {
    zero -= other_sign * terms->other_zero_point * unit;
  }
  const int8_t *half = terms->half, *other = terms->other;
  for (const int8_t *const end = half + size; half != end; ++half) {
    int32_t value = half_sign > 0 ? zero + *half * unit : zero - *half * unit;
    if (both_half) {
      value += *other++ * other_sign * unit;
    } else {
      const int32_t scaled = int8_multiply_doubled(*other++ * 2 * unit + other_zero, multiplier);
      value += int8_shift_right(scaled, rounding, shift) * 2 * other_sign;
    }
    value = int8_shift_right(int8_multiply_doubled(value, sum.multiplier), sum.rounding, sum.shift);
    *output++ = takes_all ? int8_saturate(value) : int8_clamp(value, layer->output.low, layer->output.high);
  }
}

#endif

typedef void AddRow(const Int8Addition *layer, const Terms *terms, int32_t size, int8_t *output);

#define ADD_ROW(name, both_half, half_sign, other_sign, takes_all)                                           \
  static INT8_APART void name(const Int8Addition *layer, const Terms *terms, int32_t size, int8_t *output) { \
    add_all(layer, terms, size, output, both_half, half_sign, other_sign, takes_all);                        \
  }

ADD_ROW(plus, 0, 1, 1, 1)
ADD_ROW(minus_half, 0, -1, 1, 1)
ADD_ROW(minus_other, 0, 1, -1, 1)
ADD_ROW(halves_plus, 1, 1, 1, 1)
ADD_ROW(halves_minus, 1, 1, -1, 1)
ADD_ROW(within, 0, terms->half_sign, terms->other_sign, 0)
ADD_ROW(halves_within, 1, terms->half_sign, terms->other_sign, 0)

static AddRow *choose_row(const Int8Addition *layer, const Terms *terms, int both_half) {
  if (layer->output.low != INT8_MIN || layer->output.high != INT8_MAX) {
    return both_half ? halves_within : within;
  }
  if (both_half) {
    return terms->other_sign > 0 ? halves_plus : halves_minus;
  }
  return terms->half_sign < 0 ? minus_half : terms->other_sign < 0 ? minus_other : plus;
}

static void add(const Int8Addition *layer, const int8_t *first, const int8_t *second, int32_t sign, int8_t *output) {
  const Int8Spread *spread = &layer->spread;
  Terms terms = find_terms(layer, first, second, sign);
  const int both_half = is_half(&layer->first) && is_half(&layer->second);
  if (spread->repeat != 1 || layer->sum.shift <= 0 || (!both_half && terms.shift <= 0)) {
    combine(layer, first, second, sign, output);
    return;
  }
  AddRow *const add_row = choose_row(layer, &terms, both_half);
  const int8_t **const moving = is_half(&layer->first) ? &terms.half : &terms.other; /* the other one is spread */
  for (int32_t outer = 0; outer < spread->outer; ++outer) {
    add_row(layer, &terms, spread->count, output);
    output += spread->count;
    *moving += spread->count;
  }
}

void int8_add(const Int8Addition *layer, const int8_t *first, const int8_t *second, int8_t *output) {
  add(layer, first, second, 1, output);
}

void int8_subtract(const Int8Addition *layer, const int8_t *first, const int8_t *second, int8_t *output) {
  add(layer, first, second, -1, output);
}
