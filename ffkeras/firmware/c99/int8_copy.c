#include <string.h>

#include "int8_kernels.h"

void int8_copy(const int8_t *input, int32_t input_stride, int8_t *output, int32_t output_stride, int32_t rows,
               int32_t size) {
  for (int32_t row = 0; row < rows; ++row) {
    memcpy(output, input, (size_t)size);
    input += input_stride;
    output += output_stride;
  }
}
