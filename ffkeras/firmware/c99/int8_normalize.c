#include "int8_kernels.h"

#define OUTPUT_SHIFT 7                   /* a length of 1 is worth 128 */
#define ITERATIONS 5                     /* of Newton's method */
#define ONE ((int32_t)1 << 28)           /* the numbers of the iteration are in 1/2^28 */
#define HALF_OF_THREE (ONE + ONE / 2)
#define HALF_ROOT_OF_TWO 1518500250      /* in 1/2^31 */
#define START_SHIFT 11                   /* of the result, for a number in 2^27 .. 2^29 */

static int32_t shift_left_saturating(int32_t value, int bits) {
  const int64_t shifted = (int64_t)value * ((int64_t)1 << bits);
  return shifted > INT32_MAX ? INT32_MAX : shifted < INT32_MIN ? INT32_MIN : (int32_t)shifted;
}

/* 1 / sqrt(value) for value >= 0; that of 0 is taken as 1. */
static Int8Factor inverse_root(int32_t value) {
  Int8Factor factor = {INT32_MAX, 0};
  if (value <= 1) {
    return factor;
  }
  int32_t right_shift = START_SHIFT;
  for (; value >= (int32_t)1 << 29; value /= 4) { /* by powers of four, whose roots are powers of two */
    ++right_shift;
  }
  for (; value < (int32_t)1 << 27; value *= 4) {
    --right_shift;
  }
  const int32_t half = int8_divide_by_power(value >> 1, 1);
  int32_t root = ONE;
  for (int iteration = 0; iteration < ITERATIONS; ++iteration) {
    const int32_t cube = shift_left_saturating(int8_multiply_high(int8_multiply_high(root, root), root), 6);
    const int32_t next = int8_multiply_high(HALF_OF_THREE, root) - int8_multiply_high(half, cube);
    root = shift_left_saturating(next, 3);
  }
  factor.multiplier = int8_multiply_high(root, HALF_ROOT_OF_TWO);
  if (right_shift < 0) {
    factor.multiplier *= (int32_t)1 << -right_shift;
    right_shift = 0;
  }
  factor.shift = -right_shift;
  return factor;
}

void int8_normalize(const Int8Normalization *layer, const int8_t *input, int8_t *output) {
  for (int32_t row = 0; row < layer->rows; ++row) {
    int32_t squares = 0;
    for (int32_t column = 0; column < layer->columns; ++column) {
      const int32_t value = input[column] - layer->input_zero_point;
      squares += value * value;
    }
    const Int8Factor factor = inverse_root(squares);
    for (int32_t column = 0; column < layer->columns; ++column) {
      const int32_t value = input[column] - layer->input_zero_point;
      const int32_t length = int8_rescale(value, factor.multiplier, factor.shift + OUTPUT_SHIFT);
      output[column] = int8_clamp(length, INT8_MIN, INT8_MAX);
    }
    input += layer->columns;
    output += layer->columns;
  }
}
