/* Convolution in plain C: four filters on two pixels at a time. Of int8_convolution.h. */

/* Sums of one block of four filters for two pixels. */
typedef struct Int8Sums {
  int32_t first[4], second[4];
} Int8Sums;

/* One input of the block, a macro so that it is repeated and not looped over. */
#define INT8_ADD_INPUT(input)        \
  do {                               \
    const int32_t x = a[input];      \
    const int32_t y = b[input];      \
    int32_t weight = weights[input]; \
    a0 += x * weight;                \
    b0 += y * weight;                \
    weight = weights[4 + (input)];   \
    a1 += x * weight;                \
    b1 += y * weight;                \
    weight = weights[8 + (input)];   \
    a2 += x * weight;                \
    b2 += y * weight;                \
    weight = weights[12 + (input)];  \
    a3 += x * weight;                \
    b3 += y * weight;                \
  } while (0)

INT8_INLINE const int8_t *int8_add_products(const int8_t *weights, Int8Patch first, Int8Patch second, int rows,
                                            int row_length, Int8Sums *sums) {
  int32_t a0 = sums->first[0], a1 = sums->first[1], a2 = sums->first[2], a3 = sums->first[3];
  int32_t b0 = a0, b1 = a1, b2 = a2, b3 = a3;
  do {
    const int8_t *a = first.pixels;
    const int8_t *b = second.pixels;
    const int8_t *const end = a + row_length;
    do {
      INT8_ADD_INPUT(0);
      INT8_ADD_INPUT(1);
      INT8_ADD_INPUT(2);
      INT8_ADD_INPUT(3);
      weights += 16;
      a += 4;
      b += 4;
    } while (a != end);
    first.pixels += first.row;
    second.pixels += second.row;
  } while (--rows > 0);
  const Int8Sums result = {{a0, a1, a2, a3}, {b0, b1, b2, b3}};
  *sums = result;
  return weights;
}

INT8_INLINE void int8_filter_all(const Int8Filters *filters, Int8Patch first, Int8Patch second, int8_t *first_output,
                                 int8_t *second_output, const int is_simple) {
  const int8_t *weights = filters->weights;
  const Int8Scaling *scaling = filters->scaling;
  for (int left = filters->count; left > 0; left -= 4) {
    Int8Sums sums;
    for (int filter = 0; filter < 4; ++filter) {
      sums.first[filter] = is_simple ? scaling[filter].bias : 0; /* a bias without a bound is added at the end */
    }
    weights = int8_add_products(weights, first, second, filters->rows, filters->row_length, &sums);
    const int count = left < 4 ? left : 4;
    for (int filter = 0; filter < count; ++filter) {
      const int32_t a = sums.first[filter], b = sums.second[filter];
      const Int8Scaling by = scaling[filter];
      if (is_simple) {
        *first_output++ = int8_saturate(int8_scale_right(a, by.multiplier, by.rounding, by.shift));
        *second_output++ = int8_saturate(int8_scale_right(b, by.multiplier, by.rounding, by.shift));
      } else {
        const Int8Range *range = &filters->output;
        *first_output++ = int8_clamp(int8_scale(int8_wrapping_sum(a, by.bias), &by), range->low, range->high);
        *second_output++ = int8_clamp(int8_scale(int8_wrapping_sum(b, by.bias), &by), range->low, range->high);
      }
    }
    scaling += 4;
  }
}

static void int8_filter_two(const Int8Filters *filters, Int8Patch first, Int8Patch second, int8_t *first_output,
                            int8_t *second_output, uint32_t *pairs) {
  (void)pairs;
  if (filters->is_simple) {
    int8_filter_all(filters, first, second, first_output, second_output, 1);
  } else {
    int8_filter_all(filters, first, second, first_output, second_output, 0);
  }
}
