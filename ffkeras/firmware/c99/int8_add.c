#include "int8_kernels.h"

#define COMMON_SHIFT 20 /* bits of precision that the common scale has beyond int8 */

static int32_t to_common_scale(int32_t value, int32_t zero_point, const Int8Factor *factor) {
  return int8_rescale((value - zero_point) * ((int32_t)1 << COMMON_SHIFT), factor->multiplier, factor->shift);
}

static void combine(const Int8Addition *layer, const int8_t *first, const int8_t *second, int32_t sign,
                    int8_t *output) {
  const Int8Spread *spread = &layer->spread;
  for (int32_t outer = 0; outer < spread->outer; ++outer) {
    for (int32_t index = 0; index < spread->count; ++index) {
      const int32_t b = sign * to_common_scale(second[index], layer->second_zero_point, &layer->second);
      for (int32_t repeat = 0; repeat < spread->repeat; ++repeat) {
        const int32_t a = to_common_scale(*first++, layer->first_zero_point, &layer->first);
        const int32_t value = int8_rescale(a + b, layer->sum.multiplier, layer->sum.shift);
        *output++ = int8_clamp(value + layer->output.zero_point, layer->output.low, layer->output.high);
      }
    }
  }
}

void int8_add(const Int8Addition *layer, const int8_t *first, const int8_t *second, int8_t *output) {
  combine(layer, first, second, 1, output);
}

void int8_subtract(const Int8Addition *layer, const int8_t *first, const int8_t *second, int8_t *output) {
  combine(layer, first, second, -1, output);
}
