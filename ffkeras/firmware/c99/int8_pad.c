#include <string.h>

#include "int8_kernels.h"

static int8_t *fill(int8_t *output, int8_t value, size_t size) {
  memset(output, value, size);
  return output + size;
}

void int8_pad(const Int8Padding *layer, const int8_t *input, int8_t *output) {
  const size_t pixel_size = (size_t)layer->channel_count;
  const size_t row_size = pixel_size * (size_t)layer->input_width;
  const size_t left_size = pixel_size * (size_t)layer->left;
  const size_t right_size = pixel_size * (size_t)layer->right;
  const size_t padded_size = left_size + row_size + right_size;
  output = fill(output, layer->value, padded_size * (size_t)layer->top);
  for (int y = 0; y < layer->input_height; ++y) {
    output = fill(output, layer->value, left_size);
    memmove(output, input, row_size); /* the output may overlap the input */
    output = fill(output + row_size, layer->value, right_size);
    input += row_size;
  }
  fill(output, layer->value, padded_size * (size_t)layer->bottom);
}
