/* Depthwise convolution of 3 x 3 with the DSP extension: four channels of two neighbours at a time. Of
 * int8_depthwise_3x3.h.
 *
 * Four channels are two words, of channels 0 and 2, 1 and 3, in 16 bits each. Ring: [channels / 4][column][slot][2];
 * taps: [channels / 4][9][2]. */

#define INT8_NEIGHBOURS 2
#define INT8_COLUMN_WORDS 6 /* of the three slots */
#define INT8_TAP_WORDS (2 * INT8_TAPS)

INT8_INLINE uint32_t int8_pair(int low, int high) { return ((uint32_t)low & 0xffffu) | (uint32_t)high << 16; }

static void int8_prepare_ring(Int8Ring *ring, void *memory) {
  const Int8Depthwise *layer = ring->layer;
  const Int8Window *window = &layer->window;
  const int channels = layer->channel_count, blocks = (channels + 3) / 4;
  ring->columns = int8_ring_columns(window, INT8_NEIGHBOURS);
  const int room = ring->columns - window->pad_left;
  ring->inside = room < window->input_width ? room : window->input_width;
  uint32_t *rows = memory;
  uint32_t *taps = rows + blocks * ring->columns * INT8_COLUMN_WORDS;
  ring->rows = rows;
  ring->taps = taps;
  const uint32_t zero = int8_pair(layer->input_zero_point, layer->input_zero_point);
  while (rows != taps) {
    *rows++ = zero;
  }
  for (int block = 0; block < blocks; ++block) {
    for (int tap = 0; tap < INT8_TAPS; ++tap) {
      int weights[4];
      for (int index = 0; index < 4; ++index) {
        const int channel = 4 * block + index;
        weights[index] = channel < channels ? layer->weights[tap * channels + channel] : 0;
      }
      *taps++ = int8_pair(weights[0], weights[2]);
      *taps++ = int8_pair(weights[1], weights[3]);
    }
  }
}

static void int8_bring_row(const Int8Ring *ring, int slot, const int8_t *row) {
  const int channels = ring->layer->channel_count;
  const uint32_t zero = int8_pair(ring->layer->input_zero_point, ring->layer->input_zero_point);
  uint32_t *to = (uint32_t *)ring->rows + ring->layer->window.pad_left * INT8_COLUMN_WORDS + 2 * slot;
  for (int block = 0; block < channels; block += 4) {
    uint32_t *const end = to + ring->inside * INT8_COLUMN_WORDS;
    const int8_t *from = row == NULL ? NULL : row + block;
    for (uint32_t *column = to; column != end; column += INT8_COLUMN_WORDS) {
      if (row == NULL) {
        column[0] = column[1] = zero;
      } else {
        const uint32_t word = int8_load_word(from);
        INT8_STORE_PAIR(column, 0, int8_even_bytes(word), int8_odd_bytes(word));
        from += channels;
      }
    }
    to += ring->columns * INT8_COLUMN_WORDS;
  }
}

#define INT8_ADD_TAP(sums, even, odd, row, tap)                 \
  do {                                                          \
    uint32_t w02, w13;                                          \
    INT8_LOAD_PAIR_AT(w02, w13, row, 8 * (tap));                \
    sums##0 = __smlabb((int32_t)(even), (int32_t)w02, sums##0); \
    sums##2 = __smlatt((int32_t)(even), (int32_t)w02, sums##2); \
    sums##1 = __smlabb((int32_t)(odd), (int32_t)w13, sums##1);  \
    sums##3 = __smlatt((int32_t)(odd), (int32_t)w13, sums##3);  \
  } while (0)

/* Column `column` of a slot, which the first neighbour sees as tap `column`, the second as tap `column - stride`. */
#define INT8_ADD_COLUMN(pixels, slot, column, row, stride)                                 \
  do {                                                                                     \
    uint32_t even, odd;                                                                    \
    INT8_LOAD_PAIR_AT(even, odd, pixels, 4 * (INT8_COLUMN_WORDS * (column) + 2 * (slot))); \
    if ((column) < 3) {                                                                    \
      INT8_ADD_TAP(a, even, odd, row, (column) < 3 ? (column) : 0);                        \
    }                                                                                      \
    if ((column) >= (stride)) {                                                            \
      INT8_ADD_TAP(b, even, odd, row, (column) >= (stride) ? (column) - (stride) : 0);     \
    }                                                                                      \
  } while (0)

#define INT8_ADD_SLOT(pixels, slot, row, stride)   \
  do {                                             \
    INT8_ADD_COLUMN(pixels, slot, 0, row, stride); \
    INT8_ADD_COLUMN(pixels, slot, 1, row, stride); \
    INT8_ADD_COLUMN(pixels, slot, 2, row, stride); \
    INT8_ADD_COLUMN(pixels, slot, 3, row, stride); \
    if ((stride) == 2) {                           \
      INT8_ADD_COLUMN(pixels, slot, 4, row, 2);    \
    }                                              \
  } while (0)

static INT8_APART int8_t int8_finish_any(const Int8Depthwise *layer, const Int8Scaling *scaling, int32_t sum) {
  return int8_clamp(int8_scale(sum, scaling), layer->output.low, layer->output.high);
}

INT8_INLINE int8_t int8_finish_one(const Int8Depthwise *layer, const Int8Scaling *scaling, int32_t sum,
                                   const int is_simple) {
  if (is_simple) {
    const int32_t multiplier = scaling->multiplier;
    return int8_saturate(int8_scale_right(sum, multiplier, scaling->rounding, scaling->shift));
  }
  return int8_finish_any(layer, scaling, sum);
}

/* `count` channels of a pixel. */
INT8_INLINE void int8_finish(const Int8Depthwise *layer, const Int8Scaling *scaling, int count, const int is_simple,
                             int32_t sum0, int32_t sum1, int32_t sum2, int32_t sum3, int8_t *output) {
  output[0] = int8_finish_one(layer, scaling, sum0, is_simple);
  if (count > 1) {
    output[1] = int8_finish_one(layer, scaling + 1, sum1, is_simple);
  }
  if (count > 2) {
    output[2] = int8_finish_one(layer, scaling + 2, sum2, is_simple);
  }
  if (count > 3) {
    output[3] = int8_finish_one(layer, scaling + 3, sum3, is_simple);
  }
}

/* `count` channels of a row of the output. `rows`: the taps that belong to each slot. */
INT8_INLINE void int8_filter_block(const Int8Depthwise *layer, const uint32_t *pixels, const uint32_t *const rows[3],
                                   const Int8Scaling *scaling, int count, int8_t *output, const int stride,
                                   const int is_simple) {
  const int channels = layer->channel_count;
  for (int left = layer->window.output_width; left > 0; left -= INT8_NEIGHBOURS) {
    int32_t a0 = scaling[0].bias, a1 = count > 1 ? scaling[1].bias : 0, a2 = count > 2 ? scaling[2].bias : 0,
            a3 = count > 3 ? scaling[3].bias : 0;
    int32_t b0 = a0, b1 = a1, b2 = a2, b3 = a3;
    INT8_ADD_SLOT(pixels, 0, rows[0], stride);
    INT8_ADD_SLOT(pixels, 1, rows[1], stride);
    INT8_ADD_SLOT(pixels, 2, rows[2], stride);
    pixels += INT8_NEIGHBOURS * stride * INT8_COLUMN_WORDS;
    int8_finish(layer, scaling, count, is_simple, a0, a1, a2, a3, output);
    output += channels;
    if (left > 1) {
      int8_finish(layer, scaling, count, is_simple, b0, b1, b2, b3, output);
    }
    output += channels;
  }
}

#define INT8_BLOCK(name, count, stride, is_simple)                                                               \
  static INT8_APART void name(const Int8Depthwise *layer, const uint32_t *pixels, const uint32_t *const rows[3], \
                              const Int8Scaling *scaling, int some, int8_t *output) {                            \
    (void)some;                                                                                                  \
    int8_filter_block(layer, pixels, rows, scaling, count, output, stride, is_simple);                           \
  }

INT8_BLOCK(int8_block_by_one, 4, 1, 1)
INT8_BLOCK(int8_block_by_two, 4, 2, 1)
INT8_BLOCK(int8_part_by_one, some, 1, 1)
INT8_BLOCK(int8_any_block_by_one, some, 1, 0)
INT8_BLOCK(int8_any_block_by_two, some, 2, 0)

typedef void Int8Block(const Int8Depthwise *layer, const uint32_t *pixels, const uint32_t *const rows[3],
                       const Int8Scaling *scaling, int some, int8_t *output);

/* [stride - 1][four channels, some, any] */
static Int8Block *const INT8_BLOCKS[2][3] = {
    {int8_block_by_one, int8_part_by_one, int8_any_block_by_one},
    {int8_block_by_two, int8_any_block_by_two, int8_any_block_by_two},
};

/* Whether a block needs no test, though another one of the layer may. */
INT8_INLINE int int8_all_right(const Int8Scaling *scaling, int count) {
  int all = 1;
  for (int index = 0; index < count; ++index) {
    all &= scaling[index].shift > 0;
  }
  return all;
}

static void int8_filter_row(const Int8Ring *ring, int first, int8_t *output) {
  const Int8Depthwise *layer = ring->layer;
  const int channels = layer->channel_count;
  const int takes_all = layer->output.low == INT8_MIN && layer->output.high == INT8_MAX;
  Int8Block *const *filter = INT8_BLOCKS[layer->window.stride_x == 1 ? 0 : 1];
  const uint32_t *pixels = ring->rows;
  const uint32_t *taps = ring->taps;
  for (int channel = 0; channel < channels; channel += 4) {
    const uint32_t *const rows[3] = {taps + (3 - first) % 3 * 6, taps + (4 - first) % 3 * 6,
                                     taps + (5 - first) % 3 * 6};
    const int count = channels - channel < 4 ? channels - channel : 4;
    const Int8Scaling *scaling = &layer->channels.scaling[channel];
    const int is_simple = takes_all && int8_all_right(scaling, count);
    filter[!is_simple ? 2 : count < 4](layer, pixels, rows, scaling, count, output + channel);
    pixels += ring->columns * INT8_COLUMN_WORDS;
    taps += INT8_TAP_WORDS;
  }
}
