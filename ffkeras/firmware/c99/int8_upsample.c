#include <string.h>

#include "int8_kernels.h"

void int8_upsample(const Int8Upsampling *layer, const int8_t *input, int8_t *output) {
  const int pixel_size = layer->channel_count;
  const int row_size = layer->input_width * layer->factor_x * pixel_size;
  for (int y = 0; y < layer->input_height; ++y) {
    const int8_t *row = output;
    for (int x = 0; x < layer->input_width; ++x) {
      for (int repeat = 0; repeat < layer->factor_x; ++repeat) {
        memcpy(output, input, (size_t)pixel_size);
        output += pixel_size;
      }
      input += pixel_size;
    }
    for (int repeat = 1; repeat < layer->factor_y; ++repeat) {
      memcpy(output, row, (size_t)row_size);
      output += row_size;
    }
  }
}
