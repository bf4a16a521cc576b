/* Depthwise convolution of 3 x 3 in plain C: a map for each channel, four neighbours at a time. Of
 * int8_depthwise_3x3.h.
 *
 * Ring: int8 [channel][slot][column]; taps: int8 [channel][9]. */

#define INT8_NEIGHBOURS 4

static void int8_prepare_ring(Int8Ring *ring, void *memory) {
  const Int8Depthwise *layer = ring->layer;
  const Int8Window *window = &layer->window;
  const int channels = layer->channel_count;
  ring->columns = int8_ring_columns(window, INT8_NEIGHBOURS);
  const int room = ring->columns - window->pad_left;
  ring->inside = room < window->input_width ? room : window->input_width;
  int8_t *rows = memory;
  int8_t *taps = rows + 3 * ring->columns * channels;
  ring->rows = rows;
  ring->taps = taps;
  memset(rows, layer->input_zero_point, (size_t)(taps - rows));
  for (int channel = 0; channel < channels; ++channel) {
    for (int tap = 0; tap < INT8_TAPS; ++tap) {
      *taps++ = layer->weights[tap * channels + channel];
    }
  }
}

static void int8_bring_row(const Int8Ring *ring, int slot, const int8_t *row) {
  const int channels = ring->layer->channel_count;
  int8_t *to = (int8_t *)ring->rows + slot * ring->columns + ring->layer->window.pad_left;
  for (int channel = 0; channel < channels; ++channel) {
    if (row != NULL) {
      const int8_t *from = row + channel;
      int8_t *const end = to + ring->inside;
      for (int8_t *column = to; column != end; ++column) {
        *column = *from;
        from += channels;
      }
    } else {
      memset(to, ring->layer->input_zero_point, (size_t)ring->inside);
    }
    to += 3 * ring->columns;
  }
}

/* Sums of four neighbours over the three slots; `rows` says which row of taps belongs to each. */
INT8_INLINE void int8_add_neighbours(const int8_t *pixels, int columns, const int8_t *taps, const int rows[3],
                                     const int stride, int32_t sums[INT8_NEIGHBOURS]) {
  int32_t a = sums[0], b = a, c = a, d = a;
  for (int slot = 0; slot < 3; ++slot) {
    const int32_t left = taps[rows[slot]], middle = taps[rows[slot] + 1], right = taps[rows[slot] + 2];
    a += pixels[0] * left;
    a += pixels[1] * middle;
    a += pixels[2] * right;
    b += pixels[stride] * left;
    b += pixels[stride + 1] * middle;
    b += pixels[stride + 2] * right;
    c += pixels[2 * stride] * left;
    c += pixels[2 * stride + 1] * middle;
    c += pixels[2 * stride + 2] * right;
    d += pixels[3 * stride] * left;
    d += pixels[3 * stride + 1] * middle;
    d += pixels[3 * stride + 2] * right;
    pixels += columns;
  }
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
}

INT8_INLINE void int8_filter_channels(const Int8Ring *ring, const int rows[3], int8_t *output, const int stride,
                                      const int is_simple) {
  const Int8Depthwise *layer = ring->layer;
  const int channels = layer->channel_count;
  const int8_t *pixels = ring->rows;
  const int8_t *taps = ring->taps;
  for (int channel = 0; channel < channels; ++channel) {
    const Int8Scaling *scaling = &layer->channels.scaling[channel];
    const int8_t *column = pixels;
    int8_t *to = output + channel;
    for (int left = layer->window.output_width; left > 0; left -= INT8_NEIGHBOURS) {
      int32_t sums[INT8_NEIGHBOURS] = {is_simple ? scaling->bias : 0};
      int8_add_neighbours(column, ring->columns, taps, rows, stride, sums);
      column += INT8_NEIGHBOURS * stride;
      for (int index = 0; index < INT8_NEIGHBOURS && index < left; ++index) {
        const int32_t sum = sums[index];
        if (is_simple) {
          const int32_t value = int8_scale_right(sum, scaling->multiplier, scaling->rounding, scaling->shift);
          *to = int8_saturate(value);
        } else {
          *to = int8_clamp(int8_scale(int8_wrapping_sum(sum, scaling->bias), scaling), layer->output.low,
                           layer->output.high);
        }
        to += channels;
      }
    }
    pixels += 3 * ring->columns;
    taps += INT8_TAPS;
  }
}

static void int8_filter_row(const Int8Ring *ring, int first, int8_t *output) {
  const int rows[3] = {(3 - first) % 3 * 3, (4 - first) % 3 * 3, (5 - first) % 3 * 3};
  if (ring->layer->window.stride_x == 1) {
    if (ring->layer->channels.is_simple) {
      int8_filter_channels(ring, rows, output, 1, 1);
    } else {
      int8_filter_channels(ring, rows, output, 1, 0);
    }
  } else if (ring->layer->channels.is_simple) {
    int8_filter_channels(ring, rows, output, 2, 1);
  } else {
    int8_filter_channels(ring, rows, output, 2, 0);
  }
}
