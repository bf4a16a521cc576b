/* Convolution with Helium: four filters on two pixels at a time, 16 products in an instruction. Of int8_convolution.h,
 * which gathers windows, so that their rows follow each other. */

/* Blocks of four filters lie so that vld4q, which deals out words in turns, makes vectors of 16 inputs of a filter. */
#define INT8_ADD_PRODUCTS(w, x, y)        \
  do {                                    \
    a0 = vmladavaq_s8(a0, x, (w).val[0]); \
    b0 = vmladavaq_s8(b0, y, (w).val[0]); \
    a1 = vmladavaq_s8(a1, x, (w).val[1]); \
    b1 = vmladavaq_s8(b1, y, (w).val[1]); \
    a2 = vmladavaq_s8(a2, x, (w).val[2]); \
    b2 = vmladavaq_s8(b2, y, (w).val[2]); \
    a3 = vmladavaq_s8(a3, x, (w).val[3]); \
    b3 = vmladavaq_s8(b3, y, (w).val[3]); \
  } while (0)

/* Every fourth word from `weights` on, as far as `words` says. */
INT8_INLINE int8x16_t int8_some_words(const int8_t *weights, uint32x4_t offsets, mve_pred16_t words) {
  return vreinterpretq_s8_s32(vldrwq_gather_offset_z_s32((const int32_t *)(const void *)weights, offsets, words));
}

/* The sums of one block: [pixel][filter]. */
INT8_INLINE const int8_t *int8_sum_block(const int8_t *weights, const int8_t *first, const int8_t *second, int chunks,
                                         int rest, int32_t sums[8]) {
  int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
  for (int chunk = 0; chunk < chunks; ++chunk) {
    const int8x16_t x = vldrbq_s8(first), y = vldrbq_s8(second);
    const int32x4x4_t words = vld4q_s32((const int32_t *)(const void *)weights);
    const int8x16x4_t w = {{vreinterpretq_s8_s32(words.val[0]), vreinterpretq_s8_s32(words.val[1]),
                            vreinterpretq_s8_s32(words.val[2]), vreinterpretq_s8_s32(words.val[3])}};
    INT8_ADD_PRODUCTS(w, x, y);
    first += 16;
    second += 16;
    weights += 64;
  }
  if (rest > 0) {
    const mve_pred16_t bytes = vctp8q((uint32_t)rest);
    const uint32x4_t offsets = vidupq_n_u32(0, 8); /* 0, 8, 16, 24 */
    const uint32x4_t every_fourth = vaddq_u32(offsets, offsets);
    const int8x16_t x = vldrbq_z_s8(first, bytes), y = vldrbq_z_s8(second, bytes);
    const int8x16x4_t w = {
        {int8_some_words(weights, every_fourth, bytes), int8_some_words(weights + 4, every_fourth, bytes),
         int8_some_words(weights + 8, every_fourth, bytes), int8_some_words(weights + 12, every_fourth, bytes)}};
    INT8_ADD_PRODUCTS(w, x, y);
    weights += 4 * rest;
  }
  sums[0] = a0;
  sums[1] = a1;
  sums[2] = a2;
  sums[3] = a3;
  sums[4] = b0;
  sums[5] = b1;
  sums[6] = b2;
  sums[7] = b3;
  return weights;
}

INT8_INLINE void int8_filter_all(const Int8Filters *filters, const int8_t *first, const int8_t *second,
                                 int8_t *first_output, int8_t *second_output, const int is_simple) {
  const int8_t *weights = filters->weights;
  const Int8Scaling *scaling = filters->scaling;
  const int chunks = filters->length / 16, rest = filters->length % 16;
  const Int8Range *output = &filters->output;
  for (int left = filters->count; left > 0; left -= 4) {
    int32_t sums[8];
    weights = int8_sum_block(weights, first, second, chunks, rest, sums);
    const Int8ScalingVectors by = int8_load_scaling(scaling);
    int32x4_t a = vaddq_s32(vldrwq_s32(sums), by.bias), b = vaddq_s32(vldrwq_s32(sums + 4), by.bias);
    if (is_simple) {
      const int32x4_t right = vnegq_s32(by.shift);
      a = int8_saturate_four(int8_scale_four_right(a, by.multiplier, by.rounding, right));
      b = int8_saturate_four(int8_scale_four_right(b, by.multiplier, by.rounding, right));
    } else {
      a = vmaxq_s32(vminq_s32(int8_scale_four(a, &by, output->zero_point), vdupq_n_s32(output->high)),
                    vdupq_n_s32(output->low));
      b = vmaxq_s32(vminq_s32(int8_scale_four(b, &by, output->zero_point), vdupq_n_s32(output->high)),
                    vdupq_n_s32(output->low));
    }
    if (left < 4) {
      const mve_pred16_t present = vctp32q((uint32_t)left);
      vstrbq_p_s32(first_output, a, present);
      vstrbq_p_s32(second_output, b, present);
      return;
    }
    vstrbq_s32(first_output, a);
    vstrbq_s32(second_output, b);
    first_output += 4;
    second_output += 4;
    scaling += 4;
  }
}

static void int8_filter_two(const Int8Filters *filters, Int8Patch first, Int8Patch second, int8_t *first_output,
                            int8_t *second_output, uint32_t *pairs) {
  (void)pairs;
  if (filters->is_simple) {
    int8_filter_all(filters, first.pixels, second.pixels, first_output, second_output, 1);
  } else {
    int8_filter_all(filters, first.pixels, second.pixels, first_output, second_output, 0);
  }
}
