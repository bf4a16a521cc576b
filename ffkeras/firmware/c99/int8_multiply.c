#include "int8_kernels.h"

/* Any two inputs. */
static void multiply(const Int8Multiplication *layer, const int8_t *first, const int8_t *second, int8_t *output) {
  const Int8Spread *spread = &layer->spread;
  for (int32_t outer = 0; outer < spread->outer; ++outer) {
    for (int32_t index = 0; index < spread->count; ++index) {
      const int32_t b = second[index] - layer->second_zero_point;
      for (int32_t repeat = 0; repeat < spread->repeat; ++repeat) {
        const int32_t a = *first++ - layer->first_zero_point;
        *output++ = int8_clamp(int8_scale(a * b, &layer->product), layer->output.low, layer->output.high);
      }
    }
  }
}

#if defined(INT8_HELIUM)

/* The outputs of four products. */
INT8_INLINE int32x4_t finish_four(const Int8Multiplication *layer, int32x4_t products) {
  const Int8Scaling *by = &layer->product;
  int32x4_t value = vqrdmulhq_n_s32(products, by->multiplier);
  value = vaddq_s32(value, vshrq_n_s32(value, 31));
  value = vshlq_r_s32(vaddq_n_s32(value, by->rounding), -by->shift);
  return vminq_s32(vmaxq_s32(value, vdupq_n_s32(layer->output.low)), vdupq_n_s32(layer->output.high));
}

/* `second` has as many values as `first`. */
static void multiply_all(const Int8Multiplication *layer, const int8_t *first, const int8_t *second, int32_t size,
                         int8_t *output) {
  const int32_t first_zero = layer->first_zero_point, second_zero = layer->second_zero_point;
  for (; size >= 4; size -= 4) {
    const int32x4_t a = vsubq_n_s32(vldrbq_s32(first), first_zero);
    const int32x4_t b = vsubq_n_s32(vldrbq_s32(second), second_zero);
    vstrbq_s32(output, finish_four(layer, vmulq_s32(a, b)));
    first += 4;
    second += 4;
    output += 4;
  }
  if (size > 0) {
    const mve_pred16_t rest = vctp32q((uint32_t)size);
    const int32x4_t a = vsubq_n_s32(vldrbq_z_s32(first, rest), first_zero);
    const int32x4_t b = vsubq_n_s32(vldrbq_z_s32(second, rest), second_zero);
    vstrbq_p_s32(output, finish_four(layer, vmulq_s32(a, b)), rest);
  }
}

static void multiply_by(const Int8Multiplication *layer, const int8_t *first, int32_t number, int32_t size,
                        int8_t *output) {
  const int32_t zero = layer->first_zero_point;
  for (; size >= 4; size -= 4) {
    vstrbq_s32(output, finish_four(layer, vmulq_n_s32(vsubq_n_s32(vldrbq_s32(first), zero), number)));
    first += 4;
    output += 4;
  }
  if (size > 0) {
    const mve_pred16_t rest = vctp32q((uint32_t)size);
    const int32x4_t a = vsubq_n_s32(vldrbq_z_s32(first, rest), zero);
    vstrbq_p_s32(output, finish_four(layer, vmulq_n_s32(a, number)), rest);
  }
}

#else

INT8_INLINE int8_t finish(const Int8Multiplication *layer, const Int8Scaling *by, int32_t doubled,
                          const int takes_all) {
  const int32_t value = int8_shift_right(int8_multiply_doubled(doubled, by->multiplier), by->rounding, by->shift);
  return takes_all ? int8_saturate(value) : int8_clamp(value, layer->output.low, layer->output.high);
}

INT8_INLINE void multiply_values(const Int8Multiplication *layer, const int8_t *first, const int8_t *second,
                                 int32_t size, int8_t *output, const int takes_all) {
  const Int8Scaling by = layer->product;
  const int32_t first_zero = layer->first_zero_point, second_zero = 2 * layer->second_zero_point;
  for (const int8_t *const end = first + size; first != end; ++first) {
    *output++ = finish(layer, &by, (*first - first_zero) * (*second++ * 2 - second_zero), takes_all);
  }
}

INT8_INLINE void multiply_by_number(const Int8Multiplication *layer, const int8_t *first, int32_t number, int32_t size,
                                    int8_t *output, const int takes_all) {
  const Int8Scaling by = layer->product;
  const int32_t doubled = 2 * number, zero = layer->first_zero_point * doubled;
  for (const int8_t *const end = first + size; first != end; ++first) {
    *output++ = finish(layer, &by, *first * doubled - zero, takes_all);
  }
}

static int takes_all(const Int8Range *output) { return output->low == INT8_MIN && output->high == INT8_MAX; }

/* `second` has as many values as `first`. */
static INT8_APART void multiply_all(const Int8Multiplication *layer, const int8_t *first, const int8_t *second,
                                    int32_t size, int8_t *output) {
  if (takes_all(&layer->output)) {
    multiply_values(layer, first, second, size, output, 1);
  } else {
    multiply_values(layer, first, second, size, output, 0);
  }
}

static INT8_APART void multiply_by(const Int8Multiplication *layer, const int8_t *first, int32_t number, int32_t size,
                                   int8_t *output) {
  if (takes_all(&layer->output)) {
    multiply_by_number(layer, first, number, size, output, 1);
  } else {
    multiply_by_number(layer, first, number, size, output, 0);
  }
}

#endif

void int8_multiply(const Int8Multiplication *layer, const int8_t *first, const int8_t *second, int8_t *output) {
  const Int8Spread *spread = &layer->spread;
  if (layer->product.shift <= 0) {
    multiply(layer, first, second, output);
    return;
  }
  for (int32_t outer = 0; outer < spread->outer; ++outer) {
    if (spread->repeat == 1) {
      multiply_all(layer, first, second, spread->count, output);
      first += spread->count;
      output += spread->count;
      continue;
    }
    for (int32_t index = 0; index < spread->count; ++index) {
      multiply_by(layer, first, second[index] - layer->second_zero_point, spread->repeat, output);
      first += spread->repeat;
      output += spread->repeat;
    }
  }
}
