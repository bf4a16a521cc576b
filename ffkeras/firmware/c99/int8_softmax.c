#include "int8_kernels.h"

#define SUM_SHIFT 12                 /* sums of exponentials are in 1/2^19, so that 4095 of them have room */
#define ITERATIONS 3                 /* of Newton's method */
#define START_CONSTANT 1515870810    /* 48 / 17 in 1/2^29 */
#define START_SLOPE (-1010580540)    /* -32 / 17 in 1/2^29 */
#define ONE_IN_29_BITS (1 << 29)
#define OUTPUT_SHIFT 23              /* from 1/2^31 to 1/2^8 */

static int32_t shift_left_saturating(int32_t value, int bits) {
  const int64_t shifted = (int64_t)value * ((int64_t)1 << bits);
  return shifted > INT32_MAX ? INT32_MAX : shifted < INT32_MIN ? INT32_MIN : (int32_t)shifted;
}

/* 1 / (1 + x) for x in 0..1, both in 1/2^31, by Newton's method on half of the denominator. */
static int32_t one_over_one_plus(int32_t x) {
  const int32_t half_denominator = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
  int32_t estimate = START_CONSTANT + int8_multiply_high(half_denominator, START_SLOPE); /* in 1/2^29 */
  for (int iteration = 0; iteration < ITERATIONS; ++iteration) {
    const int32_t error = ONE_IN_29_BITS - int8_multiply_high(half_denominator, estimate);
    estimate += shift_left_saturating(int8_multiply_high(estimate, error), 2);
  }
  return shift_left_saturating(estimate, 1);
}

/* Bits before the first one of `value`, which is not 0. */
static int leading_zeros(uint32_t value) {
  int count = 0;
  while ((value & 0x80000000u) == 0) {
    value <<= 1;
    ++count;
  }
  return count;
}

static void softmax_row(const Int8Softmax *layer, const int8_t *input, int8_t *output) {
  int32_t largest = INT8_MIN;
  for (int32_t column = 0; column < layer->columns; ++column) {
    largest = input[column] > largest ? input[column] : largest;
  }
  int32_t sum = 0;
  for (int32_t column = 0; column < layer->columns; ++column) {
    const int32_t difference = input[column] - largest;
    if (difference >= layer->lowest) {
      sum += int8_divide_by_power(layer->exponentials[-difference], SUM_SHIFT);
    }
  }
  const int zeros = leading_zeros((uint32_t)sum);
  const int32_t reciprocal = one_over_one_plus((int32_t)(((uint32_t)sum << zeros) - 0x80000000u));
  for (int32_t column = 0; column < layer->columns; ++column) {
    const int32_t difference = input[column] - largest;
    int32_t value = INT8_MIN;
    if (difference >= layer->lowest) {
      const int32_t share = int8_multiply_high(reciprocal, layer->exponentials[-difference]);
      value += int8_divide_by_power(share, SUM_SHIFT - zeros + OUTPUT_SHIFT);
    }
    output[column] = int8_clamp(value, INT8_MIN, INT8_MAX);
  }
}

void int8_softmax(const Int8Softmax *layer, const int8_t *input, int8_t *output) {
  for (int32_t row = 0; row < layer->rows; ++row) {
    softmax_row(layer, input, output);
    input += layer->columns;
    output += layer->columns;
  }
}
