#include <string.h>

#include "int8_kernels.h"

void int8_pad(const Int8Padding *layer, const int8_t *input, int8_t *output) {
  const size_t pixel_size = (size_t)layer->channel_count;
  const size_t row_size = pixel_size * (size_t)layer->input_width;
  const size_t output_row_size = row_size + pixel_size * (size_t)(layer->left + layer->right);
  const size_t output_rows = (size_t)(layer->top + layer->input_height + layer->bottom);
  memset(output, layer->value, output_row_size * output_rows);
  output += output_row_size * (size_t)layer->top + pixel_size * (size_t)layer->left;
  for (int y = 0; y < layer->input_height; ++y) {
    memcpy(output, input, row_size);
    output += output_row_size;
    input += row_size;
  }
}
