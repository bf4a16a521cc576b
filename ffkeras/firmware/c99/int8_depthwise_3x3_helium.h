/* Depthwise convolution of 3 x 3 with Helium: 16 neighbouring values of a row at a time, in which channels and columns
 * follow each other. Of int8_depthwise_3x3.h.
 *
 * Ring: int8 [slot][column][channel], 16 bytes behind each row. Tables go round: behind the last channel come the
 * first ones, so that any 16 from one channel on can be loaded. Taps: int8 [9][channels + 16]; scaling: int32 [bias,
 * multiplier, rounding, -shift][channels + 16]. */

#define INT8_VECTOR 16

INT8_INLINE int int8_row_size(const Int8Ring *ring) { return ring->columns * ring->layer->channel_count + INT8_VECTOR; }

INT8_INLINE int8_t *int8_fill(int8_t *to, int value, int size) {
  int8_t *const end = to + size;
  for (; size > 0; size -= INT8_VECTOR) {
    vstrbq_p_s8(to, vdupq_n_s8((int8_t)value), vctp8q((uint32_t)size));
    to += INT8_VECTOR;
  }
  return end;
}

static void int8_prepare_ring(Int8Ring *ring, void *memory) {
  const Int8Depthwise *layer = ring->layer;
  const Int8Window *window = &layer->window;
  const int channels = layer->channel_count, period = channels + INT8_VECTOR;
  ring->columns = int8_ring_columns(window, 1);
  const int room = ring->columns - window->pad_left;
  ring->inside = room < window->input_width ? room : window->input_width;
  int32_t *scaling = memory;
  int8_t *taps = (int8_t *)(scaling + 4 * period);
  ring->scaling = scaling;
  ring->taps = taps;
  ring->rows = taps + INT8_TAPS * period;
  int channel = 0;
  for (int index = 0; index < period; ++index) {
    const Int8Scaling by = layer->channels.scaling[channel];
    scaling[index] = by.bias;
    scaling[period + index] = by.multiplier;
    scaling[2 * period + index] = by.rounding;
    scaling[3 * period + index] = -by.shift;
    for (int tap = 0; tap < INT8_TAPS; ++tap) {
      taps[tap * period + index] = layer->weights[tap * channels + channel];
    }
    channel = channel + 1 < channels ? channel + 1 : 0;
  }
  int8_fill(ring->rows, layer->input_zero_point, 3 * int8_row_size(ring));
}

static void int8_bring_row(const Int8Ring *ring, int slot, const int8_t *row) {
  const int channels = ring->layer->channel_count;
  int8_t *to = (int8_t *)ring->rows + slot * int8_row_size(ring) + ring->layer->window.pad_left * channels;
  int size = ring->inside * channels;
  if (row == NULL) {
    int8_fill(to, ring->layer->input_zero_point, size);
    return;
  }
  for (; size > 0; size -= INT8_VECTOR) {
    const mve_pred16_t rest = vctp8q((uint32_t)size);
    vstrbq_p_s8(to, vldrbq_z_s8(row, rest), rest);
    to += INT8_VECTOR;
    row += INT8_VECTOR;
  }
}

/* Keeps GCC from loading all taps before it uses them, for which there are too few registers. */
#define INT8_IN_TURN __asm__ volatile("" ::: "memory")

/* Products of a tap: of the even and of the odd values, in 16 bits. */
#define INT8_PRODUCTS(row, column, tap)                            \
  const int8x16_t x##tap = vldrbq_s8((row) + (column) * channels); \
  const int8x16_t w##tap = vldrbq_s8(taps + (tap) * period);       \
  int16x8_t even##tap = vmullbq_int_s8(x##tap, w##tap), odd##tap = vmulltq_int_s8(x##tap, w##tap)

#define INT8_ADD_WIDE(tap)                                        \
  do {                                                            \
    sums.val[0] = vaddq_s32(sums.val[0], vmovlbq_s16(even##tap)); \
    sums.val[2] = vaddq_s32(sums.val[2], vmovltq_s16(even##tap)); \
    sums.val[1] = vaddq_s32(sums.val[1], vmovlbq_s16(odd##tap));  \
    sums.val[3] = vaddq_s32(sums.val[3], vmovltq_s16(odd##tap));  \
    INT8_IN_TURN;                                                 \
  } while (0)

/* Two taps are added in 16 bits, in which they have room because no weight is -128. */
#define INT8_ADD_TWO(row0, column0, tap0, row1, column1, tap1) \
  do {                                                         \
    INT8_PRODUCTS(row0, column0, tap0);                        \
    INT8_PRODUCTS(row1, column1, tap1);                        \
    even##tap0 = vaddq_s16(even##tap0, even##tap1);            \
    odd##tap0 = vaddq_s16(odd##tap0, odd##tap1);               \
    INT8_ADD_WIDE(tap0);                                       \
  } while (0)

INT8_INLINE int32x4_t int8_finish_any(const Int8Depthwise *layer, int32x4_t sums, int32x4_t multiplier,
                                      int32x4_t right) {
  const Int8ScalingVectors by = {sums, multiplier, sums, vnegq_s32(right)};
  return int8_scale_four(sums, &by, layer->output.zero_point);
}

/* Values 0, 4, 8, 12 of the 16 are val[0], 1, 5, 9, 13 val[1], and so on; `channel` is that of the first one. */
INT8_INLINE int8x16_t int8_sixteen(const Int8Ring *ring, const int8_t *const rows[3], int offset, int channel,
                                   const int is_simple) {
  const Int8Depthwise *layer = ring->layer;
  const int channels = layer->channel_count, period = channels + INT8_VECTOR;
  const int8_t *taps = (const int8_t *)ring->taps + channel;
  const int32_t *scaling = (const int32_t *)ring->scaling + channel;
  const int8_t *row0 = rows[0] + offset, *row1 = rows[1] + offset, *row2 = rows[2] + offset;
  int32x4x4_t sums = vld4q_s32(scaling);
  INT8_IN_TURN;
  INT8_ADD_TWO(row0, 0, 0, row0, 1, 1);
  INT8_ADD_TWO(row0, 2, 2, row1, 0, 3);
  INT8_ADD_TWO(row1, 1, 4, row1, 2, 5);
  INT8_ADD_TWO(row2, 0, 6, row2, 1, 7);
  do {
    INT8_PRODUCTS(row2, 2, 8);
    INT8_ADD_WIDE(8);
  } while (0);
  const int32x4x4_t multiplier = vld4q_s32(scaling + period);
  if (is_simple) {
    sums.val[0] = vqrdmulhq_s32(sums.val[0], multiplier.val[0]);
    sums.val[1] = vqrdmulhq_s32(sums.val[1], multiplier.val[1]);
    sums.val[2] = vqrdmulhq_s32(sums.val[2], multiplier.val[2]);
    sums.val[3] = vqrdmulhq_s32(sums.val[3], multiplier.val[3]);
    INT8_IN_TURN;
    const int32x4x4_t rounding = vld4q_s32(scaling + 2 * period);
    sums.val[0] = vaddq_s32(vaddq_s32(sums.val[0], vshrq_n_s32(sums.val[0], 31)), rounding.val[0]);
    sums.val[1] = vaddq_s32(vaddq_s32(sums.val[1], vshrq_n_s32(sums.val[1], 31)), rounding.val[1]);
    sums.val[2] = vaddq_s32(vaddq_s32(sums.val[2], vshrq_n_s32(sums.val[2], 31)), rounding.val[2]);
    sums.val[3] = vaddq_s32(vaddq_s32(sums.val[3], vshrq_n_s32(sums.val[3], 31)), rounding.val[3]);
    INT8_IN_TURN;
    const int32x4x4_t right = vld4q_s32(scaling + 3 * period);
    sums.val[0] = vshlq_s32(sums.val[0], right.val[0]);
    sums.val[1] = vshlq_s32(sums.val[1], right.val[1]);
    sums.val[2] = vshlq_s32(sums.val[2], right.val[2]);
    sums.val[3] = vshlq_s32(sums.val[3], right.val[3]);
  } else {
    const int32x4x4_t right = vld4q_s32(scaling + 3 * period);
    sums.val[0] = int8_finish_any(layer, sums.val[0], multiplier.val[0], right.val[0]);
    sums.val[1] = int8_finish_any(layer, sums.val[1], multiplier.val[1], right.val[1]);
    sums.val[2] = int8_finish_any(layer, sums.val[2], multiplier.val[2], right.val[2]);
    sums.val[3] = int8_finish_any(layer, sums.val[3], multiplier.val[3], right.val[3]);
  }
  int16x8_t even = vqmovnbq_s32(vuninitializedq_s16(), sums.val[0]);
  int16x8_t odd = vqmovnbq_s32(vuninitializedq_s16(), sums.val[1]);
  even = vqmovntq_s32(even, sums.val[2]);
  odd = vqmovntq_s32(odd, sums.val[3]);
  const int8x16_t values = vqmovntq_s16(vqmovnbq_s16(vuninitializedq_s8(), even), odd);
  if (is_simple) {
    return values;
  }
  const int8x16_t low = vdupq_n_s8((int8_t)layer->output.low), high = vdupq_n_s8((int8_t)layer->output.high);
  return vminq_s8(vmaxq_s8(values, low), high);
}

INT8_INLINE void int8_filter_values(const Int8Ring *ring, const int8_t *const rows[3], int8_t *output,
                                    const int is_simple) {
  const Int8Window *window = &ring->layer->window;
  const int channels = ring->layer->channel_count, step = INT8_VECTOR % channels;
  /* Where the window moves by one, the columns of the output follow each other as those of the input do. */
  const int runs = window->stride_x == 1 ? 1 : window->output_width;
  const int size = window->stride_x == 1 ? window->output_width * channels : channels;
  for (int run = 0; run < runs; ++run) {
    const int start = run * window->stride_x * channels;
    int channel = 0;
    for (int offset = 0; offset < size; offset += INT8_VECTOR) {
      const int8x16_t values = int8_sixteen(ring, rows, start + offset, channel, is_simple);
      vstrbq_p_s8(output + offset, values, vctp8q((uint32_t)(size - offset)));
      channel += step;
      channel -= channel >= channels ? channels : 0;
    }
    output += size;
  }
}

static INT8_APART void int8_filter_simple(const Int8Ring *ring, const int8_t *const rows[3], int8_t *output) {
  int8_filter_values(ring, rows, output, 1);
}

static INT8_APART void int8_filter_any(const Int8Ring *ring, const int8_t *const rows[3], int8_t *output) {
  int8_filter_values(ring, rows, output, 0);
}

static void int8_filter_row(const Int8Ring *ring, int first, int8_t *output) {
  const int8_t *slots = ring->rows;
  const int size = int8_row_size(ring);
  const int8_t *const rows[3] = {slots + first * size, slots + (first + 1) % 3 * size, slots + (first + 2) % 3 * size};
  (ring->layer->channels.is_simple ? int8_filter_simple : int8_filter_any)(ring, rows, output);
}
