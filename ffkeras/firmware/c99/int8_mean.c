#include "int8_kernels.h"

void int8_mean(const Int8Reduction *layer, const int8_t *input, int8_t *output) {
  for (int32_t outer = 0; outer < layer->outer; ++outer) {
    for (int32_t inner = 0; inner < layer->inner; ++inner) {
      int32_t sum = -layer->count * layer->input_zero_point;
      for (int32_t index = 0; index < layer->count; ++index) {
        sum += input[index * layer->inner + inner];
      }
      const int32_t value = int8_rescale(sum, layer->factor.multiplier, layer->factor.shift);
      *output++ = int8_clamp(value + layer->output.zero_point, layer->output.low, layer->output.high);
    }
    input += layer->count * layer->inner;
  }
}
