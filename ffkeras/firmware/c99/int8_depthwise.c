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

/* The taps that lie inside the map, for one pixel of the output. Lengths are in bytes. */
typedef struct Taps {
  int rows;
  int row_length;             /* of the taps of a row, with all channels */
  int input_row, weights_row; /* from a row to the next */
} Taps;

/* The sum of products of one channel; `input` and `weights` stand at its first tap. */
static int32_t sum_channel(const Int8Depthwise *layer, const Taps *taps, const int8_t *input, const int8_t *weights) {
  const int channels = layer->channel_count;
  const int32_t zero_point = layer->input_zero_point;
  int32_t sum = 0;
  for (int row = 0; row < taps->rows; ++row) {
    const int8_t *x = input + row * taps->input_row;
    const int8_t *w = weights + row * taps->weights_row;
    for (int tap = 0; tap < taps->row_length; tap += channels) {
      sum += (x[tap] - zero_point) * w[tap];
    }
  }
  return sum;
}

/* The same of four channels at once, which takes fewer steps than four times one. */
static void sum_four_channels(const Int8Depthwise *layer, const Taps *taps, const int8_t *input,
                              const int8_t *weights, int32_t sums[4]) {
  const int channels = layer->channel_count;
  const int32_t zero_point = layer->input_zero_point;
  int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
  for (int row = 0; row < taps->rows; ++row) {
    const int8_t *x = input + row * taps->input_row;
    const int8_t *w = weights + row * taps->weights_row;
    for (int tap = 0; tap < taps->row_length; tap += channels) {
      sum0 += (x[tap] - zero_point) * w[tap];
      sum1 += (x[tap + 1] - zero_point) * w[tap + 1];
      sum2 += (x[tap + 2] - zero_point) * w[tap + 2];
      sum3 += (x[tap + 3] - zero_point) * w[tap + 3];
    }
  }
  sums[0] = sum0;
  sums[1] = sum1;
  sums[2] = sum2;
  sums[3] = sum3;
}

static int8_t finish(const Int8Depthwise *layer, int channel, int32_t sum) {
  const Int8Scaling *scaling = &layer->channels.scaling[channel];
  const int32_t value = int8_scale(int8_wrapping_sum(sum, scaling->bias), scaling);
  return int8_clamp(value, layer->output.low, layer->output.high);
}

/* All channels of the output's pixel whose window begins at (`top`, `left`). */
static void filter_pixel(const Int8Depthwise *layer, const int8_t *input, int top, int left, int8_t *output) {
  const Int8Window *window = &layer->window;
  const int channels = layer->channel_count;
  const Inside rows = inside(top, window->height, window->input_height);
  const Inside columns = inside(left, window->width, window->input_width);
  const Taps taps = {
      .rows = rows.count,
      .row_length = columns.count * channels,
      .input_row = window->input_width * channels,
      .weights_row = window->width * channels,
  };
  const int8_t *weights = layer->weights + (rows.first * window->width + columns.first) * channels;
  input += ((top + rows.first) * window->input_width + left + columns.first) * channels;
  int channel = 0;
  for (; channel + 4 <= channels; channel += 4) {
    int32_t sums[4];
    sum_four_channels(layer, &taps, input + channel, weights + channel, sums);
    for (int index = 0; index < 4; ++index) {
      output[channel + index] = finish(layer, channel + index, sums[index]);
    }
  }
  for (; channel < channels; ++channel) {
    output[channel] = finish(layer, channel, sum_channel(layer, &taps, input + channel, weights + channel));
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
