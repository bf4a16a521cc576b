#include "int8_kernels.h"

static int larger(int a, int b) { return a > b ? a : b; }
static int smaller(int a, int b) { return a < b ? a : b; }

/* The largest value of one channel in rows top..bottom - 1, columns left..right - 1. */
static int8_t largest_in(const Int8Pooling *layer, const int8_t *input, int top, int bottom, int left, int right) {
  int8_t largest = INT8_MIN;
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) {
      const int8_t value = input[(y * layer->window.input_width + x) * layer->channel_count];
      largest = value > largest ? value : largest;
    }
  }
  return largest;
}

void int8_max_pool(const Int8Pooling *layer, const int8_t *input, int8_t *output) {
  const Int8Window *window = &layer->window;
  for (int y = 0; y < window->output_height; ++y) {
    const int top = y * window->stride_y - window->pad_top;
    const int bottom = smaller(top + window->height, window->input_height);
    for (int x = 0; x < window->output_width; ++x) {
      const int left = x * window->stride_x - window->pad_left;
      const int right = smaller(left + window->width, window->input_width);
      for (int channel = 0; channel < layer->channel_count; ++channel) {
        const int8_t value = largest_in(layer, input + channel, larger(top, 0), bottom, larger(left, 0), right);
        *output++ = int8_clamp(value, layer->output.low, layer->output.high);
      }
    }
  }
}
