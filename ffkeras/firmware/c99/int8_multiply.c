#include "int8_kernels.h"

void int8_multiply(const Int8Multiplication *layer, const int8_t *first, const int8_t *second, int8_t *output) {
  const Int8Spread *spread = &layer->spread;
  for (int32_t outer = 0; outer < spread->outer; ++outer) {
    for (int32_t index = 0; index < spread->count; ++index) {
      const int32_t b = second[index] - layer->second_zero_point;
      for (int32_t repeat = 0; repeat < spread->repeat; ++repeat) {
        const int32_t a = *first++ - layer->first_zero_point;
        const int32_t value = int8_rescale(a * b, layer->product.multiplier, layer->product.shift);
        *output++ = int8_clamp(value + layer->output.zero_point, layer->output.low, layer->output.high);
      }
    }
  }
}
