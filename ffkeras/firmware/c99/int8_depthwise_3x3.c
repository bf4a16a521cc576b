#include "int8_depthwise_3x3.h"

void int8_depthwise_3x3(const Int8Depthwise *layer, const int8_t *input, int8_t *output, int8_t *scratch) {
  const Int8Window *window = &layer->window;
  const int row_size = window->input_width * layer->channel_count;
  Int8Ring ring = {.layer = layer};
  int8_prepare_ring(&ring, int8_align(scratch));
  int next = -window->pad_top; /* the row of the input that is brought next */
  for (int y = 0; y < window->output_height; ++y) {
    const int top = y * window->stride_y - window->pad_top;
    for (; next < top + 3; ++next) {
      const int is_inside = next >= 0 && next < window->input_height;
      int8_bring_row(&ring, (next + 3) % 3, is_inside ? input + next * row_size : NULL);
    }
    int8_filter_row(&ring, (top + 3) % 3, output);
    output += window->output_width * layer->channel_count;
  }
}
