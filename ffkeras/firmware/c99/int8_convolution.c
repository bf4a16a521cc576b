#include <string.h>

#include "int8_kernels.h"

/* The sum of products of two vectors. */
static int32_t dot(const int8_t *a, const int8_t *b, int length) {
  int32_t sum = 0;
  for (int index = 0; index < length; ++index) {
    sum += a[index] * b[index];
  }
  return sum;
}

/* The same of one vector with four that follow each other: each value of `a` is loaded once for all of them. */
static void dot_of_four(const int8_t *a, const int8_t *b, int length, int32_t sums[4]) {
  const int8_t *b1 = b + length;
  const int8_t *b2 = b1 + length;
  const int8_t *b3 = b2 + length;
  int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
  for (int index = 0; index < length; ++index) {
    const int32_t value = a[index];
    sum0 += value * b[index];
    sum1 += value * b1[index];
    sum2 += value * b2[index];
    sum3 += value * b3[index];
  }
  sums[0] = sum0;
  sums[1] = sum1;
  sums[2] = sum2;
  sums[3] = sum3;
}

static int8_t finish(const Int8Convolution *layer, int channel, int32_t sum) {
  const Int8Channels *channels = &layer->channels;
  const int32_t total = (int32_t)((uint32_t)sum + (uint32_t)channels->bias[channel]);
  const int32_t value = int8_rescale(total, channels->multipliers[channel], channels->shifts[channel]);
  return int8_clamp(value + layer->output.zero_point, layer->output.low, layer->output.high);
}

/* `count` output channels of one pixel, from channel `first` on; `patch` is what the window sees. */
static void filter_patch(const Int8Convolution *layer, const int8_t *patch, int length, int first, int count,
                         int8_t *output) {
  const int8_t *weights = layer->weights + first * length;
  int channel = first;
  for (; channel + 4 <= first + count; channel += 4) {
    int32_t sums[4];
    dot_of_four(patch, weights, length, sums);
    weights += 4 * length;
    for (int index = 0; index < 4; ++index) {
      *output++ = finish(layer, channel + index, sums[index]);
    }
  }
  for (; channel < first + count; ++channel) {
    *output++ = finish(layer, channel, dot(patch, weights, length));
    weights += length;
  }
}

/* Gather the pixels under the window whose first one is at (`top`, `left`). A pixel outside the map is worth zero. */
static void gather_patch(const Int8Convolution *layer, const int8_t *input, int top, int left, int channels,
                         int8_t *patch) {
  const Int8Window *window = &layer->window;
  for (int y = top; y < top + window->height; ++y) {
    const int row_is_inside = y >= 0 && y < window->input_height;
    for (int x = left; x < left + window->width; ++x) {
      if (row_is_inside && x >= 0 && x < window->input_width) {
        memcpy(patch, input + (y * window->input_width + x) * layer->input_channels, (size_t)channels);
      } else {
        memset(patch, layer->input_zero_point, (size_t)channels);
      }
      patch += channels;
    }
  }
}

void int8_convolution(const Int8Convolution *layer, const int8_t *input, int8_t *output, int8_t *patch) {
  const Int8Window *window = &layer->window;
  const int is_pointwise = window->height == 1 && window->width == 1;
  const int channels = layer->input_channels / layer->groups;
  const int filters = layer->output_channels / layer->groups;
  const int length = window->height * window->width * channels;
  for (int y = 0; y < window->output_height; ++y) {
    const int top = y * window->stride_y - window->pad_top;
    for (int x = 0; x < window->output_width; ++x) {
      const int left = x * window->stride_x - window->pad_left;
      for (int group = 0; group < layer->groups; ++group) {
        const int8_t *first = input + group * channels;
        if (is_pointwise) {
          first += (top * window->input_width + left) * layer->input_channels;
        } else {
          gather_patch(layer, first, top, left, channels, patch);
          first = patch;
        }
        filter_patch(layer, first, length, group * filters, filters, output);
        output += filters;
      }
    }
  }
}
