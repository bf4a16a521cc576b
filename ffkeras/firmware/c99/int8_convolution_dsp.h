/* Convolution with the DSP extension: two filters on two pixels at a time, two products in an instruction. Of
 * int8_convolution.h. */

/* Values of two pixels as pairs of 16 bits, for each four of them: 0 and 2, 1 and 3 of the first pixel, then of the
 * second. */
INT8_INLINE void int8_spread(const Int8Filters *filters, Int8Patch first, Int8Patch second, uint32_t *pairs) {
  for (int rows = filters->rows; rows > 0; --rows) {
    const int8_t *a = first.pixels;
    const int8_t *b = second.pixels;
    const int8_t *const end = a + filters->row_length;
    do {
      const uint32_t x = int8_load_word(a), y = int8_load_word(b);
      a += 4;
      b += 4;
      INT8_STORE_PAIR(pairs, 0, int8_even_bytes(x), int8_odd_bytes(x));
      INT8_STORE_PAIR(pairs, 8, int8_even_bytes(y), int8_odd_bytes(y));
      pairs += 4;
    } while (a != end);
    first.pixels += first.row;
    second.pixels += second.row;
  }
}

INT8_INLINE int8_t int8_finish(const Int8Filters *filters, int32_t sum, const Int8Scaling *scaling) {
  return int8_clamp(int8_scale(sum, scaling), filters->output.low, filters->output.high);
}

/* A channel of both pixels that needs no test. */
INT8_INLINE void int8_finish_simple(int32_t a, int32_t b, const Int8Scaling *scaling, int8_t *first, int8_t *second) {
  uint32_t rounding, shift;
  INT8_LOAD_PAIR_AT(rounding, shift, scaling, 8);
  const int32_t multiplier = scaling->multiplier;
  *first = int8_saturate(int8_scale_right(a, multiplier, (int32_t)rounding, (int32_t)shift));
  *second = int8_saturate(int8_scale_right(b, multiplier, (int32_t)rounding, (int32_t)shift));
}

INT8_INLINE void int8_filter_all(const Int8Filters *filters, const uint32_t *pairs, int8_t *first, int8_t *second,
                                 const int is_simple) {
  const uint32_t *const end = pairs + filters->length;
  const uint32_t *weights = (const uint32_t *)(const void *)filters->weights;
  const Int8Scaling *scaling = filters->scaling;
  int left = filters->count;
  const int beside = 2 - filters->length, behind = -2; /* from the end of two filters to the next two, in words */
  const int turn = beside ^ behind;
  int jump = beside; /* the next two lie in the same block, and then behind it, in turns */
  for (;;) {
    int32_t a0 = scaling[0].bias, a1 = scaling[1].bias, b0 = a0, b1 = a1;
    const uint32_t *pair = pairs;
    do {
      uint32_t even, odd, w0, w1;
      INT8_LOAD_PAIR(w0, w1, weights, 16);
      const int32_t w02 = (int32_t)int8_even_bytes(w0), w13 = (int32_t)int8_odd_bytes(w0);
      const int32_t v02 = (int32_t)int8_even_bytes(w1), v13 = (int32_t)int8_odd_bytes(w1);
      INT8_LOAD_PAIR(even, odd, pair, 8);
      a0 = __smlad(w02, (int32_t)even, a0);
      a0 = __smlad(w13, (int32_t)odd, a0);
      a1 = __smlad(v02, (int32_t)even, a1);
      a1 = __smlad(v13, (int32_t)odd, a1);
      INT8_LOAD_PAIR(even, odd, pair, 8);
      b0 = __smlad(w02, (int32_t)even, b0);
      b0 = __smlad(w13, (int32_t)odd, b0);
      b1 = __smlad(v02, (int32_t)even, b1);
      b1 = __smlad(v13, (int32_t)odd, b1);
    } while (pair != end);
    if (is_simple) {
      int8_finish_simple(a0, b0, scaling, first, second);
    } else {
      *first = int8_finish(filters, a0, scaling);
      *second = int8_finish(filters, b0, scaling);
    }
    if (left == 1) {
      return;
    }
    if (is_simple) {
      int8_finish_simple(a1, b1, scaling + 1, first + 1, second + 1);
    } else {
      first[1] = int8_finish(filters, a1, scaling + 1);
      second[1] = int8_finish(filters, b1, scaling + 1);
    }
    left -= 2;
    if (left == 0) {
      return;
    }
    first += 2;
    second += 2;
    scaling += 2;
    weights += jump;
    jump ^= turn;
  }
}

static INT8_APART void int8_filter_simple(const Int8Filters *filters, const uint32_t *pairs, int8_t *first,
                                          int8_t *second) {
  int8_filter_all(filters, pairs, first, second, 1);
}

static INT8_APART void int8_filter_any(const Int8Filters *filters, const uint32_t *pairs, int8_t *first,
                                       int8_t *second) {
  int8_filter_all(filters, pairs, first, second, 0);
}

static void int8_filter_two(const Int8Filters *filters, Int8Patch first, Int8Patch second, int8_t *first_output,
                            int8_t *second_output, uint32_t *pairs) {
  int8_spread(filters, first, second, pairs);
  if (filters->is_simple) {
    int8_filter_simple(filters, pairs, first_output, second_output);
  } else {
    int8_filter_any(filters, pairs, first_output, second_output);
  }
}
