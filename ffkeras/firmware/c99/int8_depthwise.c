#include "int8_kernels.h"

/* The part of the window's rows or columns that is inside a map of `size`, for a window that begins at `start`. */
typedef struct Inside {
  int first, count;
} Inside;

static Inside inside(int start, int window, int size) {
  const int first = start < 0 ? -start : 0;
  const int end = start + window > size ? size - start : window;
  const Inside part = {first, end - first};
  return part;
}

/* The sum of one channel over `rows` x `columns` pixels of a map; `input` and `weights` stand at the first of them, and
 * go on by `channels` from column to column, by the skips from the end of a row to the next. */
static int32_t sum_of_products(const int8_t *input, const int8_t *weights, int zero_point, int channels, int rows,
                               int columns, int input_skip, int weights_skip) {
  int32_t sum = 0;
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      sum += (*input - zero_point) * *weights;
      input += channels;
      weights += channels;
    }
    input += input_skip;
    weights += weights_skip;
  }
  return sum;
}

/* All channels of the output's pixel whose window begins at (`top`, `left`). */
static void filter_pixel(const Int8Depthwise *layer, const int8_t *input, int top, int left, int8_t *output) {
  const Int8Window *window = &layer->window;
  const int channels = layer->channel_count;
  const Inside rows = inside(top, window->height, window->input_height);
  const Inside columns = inside(left, window->width, window->input_width);
  const int8_t *weights = layer->weights + (rows.first * window->width + columns.first) * channels;
  const int input_skip = (window->input_width - columns.count) * channels;
  const int weights_skip = (window->width - columns.count) * channels;
  input += ((top + rows.first) * window->input_width + left + columns.first) * channels;
  for (int channel = 0; channel < channels; ++channel) {
    const int32_t sum = sum_of_products(input + channel, weights + channel, layer->input_zero_point, channels,
                                        rows.count, columns.count, input_skip, weights_skip);
    const int32_t total = (int32_t)((uint32_t)sum + (uint32_t)layer->channels.bias[channel]);
    const int32_t value = int8_rescale(total, layer->channels.multipliers[channel], layer->channels.shifts[channel]);
    output[channel] = int8_clamp(value + layer->output.zero_point, layer->output.low, layer->output.high);
  }
}

void int8_depthwise(const Int8Depthwise *layer, const int8_t *input, int8_t *output) {
  const Int8Window *window = &layer->window;
  for (int y = 0; y < window->output_height; ++y) {
    for (int x = 0; x < window->output_width; ++x) {
      filter_pixel(layer, input, y * window->stride_y - window->pad_top, x * window->stride_x - window->pad_left,
                   output);
      output += layer->channel_count;
    }
  }
}
