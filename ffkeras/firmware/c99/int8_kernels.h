/* The operations of int8 networks. Tensors are [height][width][channels], one image at a time; a value is worth
 * scale * (value - zero_point). Results are those of TensorFlow Lite's reference kernels, byte for byte.
 *
 * Generated code holds one constant struct for each layer and calls its kernel with pointers into the arena. An output
 * may overlap an input that is not needed any more, where it begins before it and all is read before it is overwritten:
 * kernels write forwards. How far before is worked out where the kernels are called from (ffkeras/firmware/c_network):
 * for functions of single values it may begin at the same place. */

#ifndef FFKERAS_INT8_KERNELS_H
#define FFKERAS_INT8_KERNELS_H

#include <stdint.h>

#include "int8_rescale.h"
#include "int8_scaling.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How an output is quantised: after its zero point is added it is kept within low..high (of a fused rectifier). */
typedef struct Int8Range {
  int16_t zero_point;
  int16_t low;
  int16_t high;
} Int8Range;

/* A window that moves over a map: of a convolution or a pooling. Rows and columns before the map are padding. */
typedef struct Int8Window {
  int16_t input_height, input_width;
  int16_t output_height, output_width;
  int16_t height, width; /* of the window */
  int16_t stride_y, stride_x;
  int16_t pad_top, pad_left;
} Int8Window;

/* How the channels of an output are scaled. */
typedef struct Int8Channels {
  const Int8Scaling *scaling; /* of each channel */
  int16_t is_simple;          /* all shifts are above 0, and low..high is all of int8 */
} Int8Channels;

/* Weights lie in blocks of four filters and four inputs, [filters / 4][inputs / 4][4 filters][4 inputs]; inputs are the
 * rows of the window, each with zeros behind it up to a multiple of four. With several groups, those of one group after
 * those of the other; missing filters of a group's last block are zeros, and so is their scaling. */
typedef struct Int8Convolution {
  Int8Window window;
  int16_t input_channels, output_channels;
  int16_t groups; /* of channels; each output channel sees the input channels of its group */
  int16_t input_zero_point;
  Int8Range output;
  const int8_t *weights;
  Int8Channels channels; /* those of each group up to a multiple of four */
} Int8Convolution;

/* Two pixels at a time: while the output of both is written, what they and later ones see is still read, and up to 3
 * bytes behind the input.
 * scratch: working memory of 7 + 4 * padded + filters bytes, where `padded` is the size of the padded window of a group
 * and `filters` the output channels of one; 2 * padded more unless each pixel sees the one in its place. */
void int8_convolution(const Int8Convolution *layer, const int8_t *input, int8_t *output, int8_t *scratch);

typedef struct Int8Depthwise {
  Int8Window window;
  int16_t channel_count;
  int16_t input_zero_point;
  Int8Range output;
  const int8_t *weights; /* [window.height][window.width][channel_count] */
  Int8Channels channels;
} Int8Depthwise;

/* Any window; the bias has no share of the zero point. */
void int8_depthwise(const Int8Depthwise *layer, const int8_t *input, int8_t *output);

/* A window of 3 x 3 that moves by one or two columns, at most a row and a column before the map; weights are not -128,
 * the bias has the share of the zero point. Before a row of the output is written, all rows of the input that it sees
 * are read, and up to 3 bytes behind the input.
 * scratch: working memory of a few rows, as the heads of int8_depthwise_3x3_*.h say. */
void int8_depthwise_3x3(const Int8Depthwise *layer, const int8_t *input, int8_t *output, int8_t *scratch);

/* How the second of two inputs is spread over the first, which is [outer][count][repeat]: it has `count` values. As
 * many as the first: [1][n][1]; one for each channel: [pixels][channels][1]; one for each pixel: [1][pixels][channels];
 * a single one: [1][1][n]. */
typedef struct Int8Spread {
  int32_t outer, count, repeat;
} Int8Spread;

typedef struct Int8Addition {
  Int8Spread spread;
  int16_t first_zero_point, second_zero_point;
  Int8Factor first, second; /* to a common scale, after a shift by 20 bits */
  Int8Scaling sum;          /* from there to the output's */
  Int8Range output;
} Int8Addition;

void int8_add(const Int8Addition *layer, const int8_t *first, const int8_t *second, int8_t *output);
void int8_subtract(const Int8Addition *layer, const int8_t *first, const int8_t *second, int8_t *output);

typedef struct Int8Multiplication {
  Int8Spread spread;
  int16_t first_zero_point, second_zero_point;
  Int8Scaling product;
  Int8Range output;
} Int8Multiplication;

void int8_multiply(const Int8Multiplication *layer, const int8_t *first, const int8_t *second, int8_t *output);

/* A function of one value, by its 256 results in the order of -128..127. */
void int8_lookup(const int8_t *table, int32_t size, const int8_t *input, int8_t *output);

/* The middle axis of [outer][count][inner] is reduced. */
typedef struct Int8Reduction {
  int32_t outer, count, inner;
  int16_t input_zero_point;
  Int8Range output;
  Int8Factor factor; /* of a mean: from the input's scale to the output's, divided by count */
} Int8Reduction;

void int8_mean(const Int8Reduction *layer, const int8_t *input, int8_t *output);
void int8_maximum(const Int8Reduction *layer, const int8_t *input, int8_t *output); /* leaves the scale as it is */

typedef struct Int8Pooling {
  Int8Window window;
  int16_t channel_count;
  Int8Range output; /* the scale stays as it is */
} Int8Pooling;

void int8_max_pool(const Int8Pooling *layer, const int8_t *input, int8_t *output);
void int8_average_pool(const Int8Pooling *layer, const int8_t *input, int8_t *output);

/* Copy `rows` pieces of `size` bytes: how maps are put side by side, and taken apart. */
void int8_copy(const int8_t *input, int32_t input_stride, int8_t *output, int32_t output_stride, int32_t rows,
               int32_t size);

typedef struct Int8Upsampling {
  int16_t input_height, input_width, channel_count;
  int16_t factor_y, factor_x;
} Int8Upsampling;

/* Every pixel becomes factor_y x factor_x equal ones. */
void int8_upsample(const Int8Upsampling *layer, const int8_t *input, int8_t *output);

typedef struct Int8Padding {
  int16_t input_height, input_width, channel_count;
  int16_t top, bottom, left, right; /* pixels that are added */
  int8_t value;
} Int8Padding;

void int8_pad(const Int8Padding *layer, const int8_t *input, int8_t *output);

typedef struct Int8Softmax {
  int32_t rows;
  int32_t columns;
  int32_t lowest;              /* difference to a row's maximum below which a probability is 0 */
  const int32_t *exponentials; /* [1 - lowest] e^(scale * -difference) in 1/2^31 */
} Int8Softmax;

/* Probabilities, which are worth (value + 128) / 256. */
void int8_softmax(const Int8Softmax *layer, const int8_t *input, int8_t *output);

typedef struct Int8Normalization {
  int32_t rows;
  int32_t columns;
  int16_t input_zero_point;
} Int8Normalization;

/* Every row is brought to a Euclidean length of 1, which is worth 128. */
void int8_normalize(const Int8Normalization *layer, const int8_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif

#endif /* FFKERAS_INT8_KERNELS_H */
