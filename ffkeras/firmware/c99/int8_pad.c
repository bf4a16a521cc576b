#include <string.h>

#include "int8_kernels.h"

static int8_t *fill(int8_t *output, int8_t value, int size) {
  memset(output, value, (size_t)size);
  return output + size;
}

void int8_pad(const Int8Padding *layer, const int8_t *input, int8_t *output) {
  const int row_size = layer->input_width * layer->channel_count;
  const int left_size = layer->left * layer->channel_count;
  const int right_size = layer->right * layer->channel_count;
  const int padded_size = left_size + row_size + right_size;
  output = fill(output, layer->value, layer->top * padded_size);
  for (int y = 0; y < layer->input_height; ++y) {
    output = fill(output, layer->value, left_size);
    memmove(output, input, (size_t)row_size); /* the output may overlap the input */
    output = fill(output + row_size, layer->value, right_size);
    input += row_size;
  }
  fill(output, layer->value, layer->bottom * padded_size);
}
