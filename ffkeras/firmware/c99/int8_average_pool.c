#include "int8_kernels.h"

static int larger(int a, int b) { return a > b ? a : b; }
static int smaller(int a, int b) { return a < b ? a : b; }

/* The sum of one channel in rows top..bottom - 1, columns left..right - 1. */
static int32_t sum_in(const Int8Pooling *layer, const int8_t *input, int top, int bottom, int left, int right) {
  int32_t sum = 0;
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) {
      sum += input[(y * layer->window.input_width + x) * layer->channel_count];
    }
  }
  return sum;
}

void int8_average_pool(const Int8Pooling *layer, const int8_t *input, int8_t *output) {
  const Int8Window *window = &layer->window;
  for (int y = 0; y < window->output_height; ++y) {
    const int top = larger(y * window->stride_y - window->pad_top, 0);
    const int bottom = smaller(y * window->stride_y - window->pad_top + window->height, window->input_height);
    for (int x = 0; x < window->output_width; ++x) {
      const int left = larger(x * window->stride_x - window->pad_left, 0);
      const int right = smaller(x * window->stride_x - window->pad_left + window->width, window->input_width);
      const int32_t count = (bottom - top) * (right - left); /* padding does not count */
      for (int channel = 0; channel < layer->channel_count; ++channel) {
        const int32_t sum = sum_in(layer, input + channel, top, bottom, left, right);
        const int32_t mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
        *output++ = int8_clamp(mean, layer->output.low, layer->output.high);
      }
    }
  }
}
