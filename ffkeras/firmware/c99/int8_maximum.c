#include "int8_kernels.h"

void int8_maximum(const Int8Reduction *layer, const int8_t *input, int8_t *output) {
  for (int32_t outer = 0; outer < layer->outer; ++outer) {
    for (int32_t inner = 0; inner < layer->inner; ++inner) {
      int8_t largest = INT8_MIN;
      for (int32_t index = 0; index < layer->count; ++index) {
        const int8_t value = input[index * layer->inner + inner];
        largest = value > largest ? value : largest;
      }
      *output++ = largest;
    }
    input += layer->count * layer->inner;
  }
}
