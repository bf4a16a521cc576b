#include "int8_kernels.h"

void int8_lookup(const int8_t *table, int32_t size, const int8_t *input, int8_t *output) {
  for (int32_t index = 0; index < size; ++index) {
    output[index] = table[input[index] - INT8_MIN];
  }
}
