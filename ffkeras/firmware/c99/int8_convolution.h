/* The inside of a convolution: all filters of a group on what two windows see. One of three ways is compiled. */

#ifndef FFKERAS_INT8_CONVOLUTION_H
#define FFKERAS_INT8_CONVOLUTION_H

#include <stddef.h>

#include "int8_kernels.h"

/* The filters of one group. */
typedef struct Int8Filters {
  const int8_t *weights;      /* in blocks, see Int8Convolution */
  const Int8Scaling *scaling; /* up to a multiple of four */
  int count;
  int rows, row_length; /* of the window; bytes of a row up to a multiple of four */
  int length;           /* rows * row_length */
  int is_simple;
  Int8Range output;
} Int8Filters;

/* What a window sees: rows that begin `row` bytes after each other. */
typedef struct Int8Patch {
  const int8_t *pixels;
  int row;
} Int8Patch;

/* Parts of the working memory. */
typedef struct Int8Workspace {
  uint32_t *pairs; /* [filters.length] for int8_filter_two */
  int8_t *unused;  /* [filters.count] for the output of a pixel that is not there */
  int8_t *patches; /* [2][filters.length] */
} Int8Workspace;

/* The outputs of two pixels. */
static void int8_filter_two(const Int8Filters *filters, Int8Patch first, Int8Patch second, int8_t *first_output,
                            int8_t *second_output, uint32_t *pairs);

#if defined(INT8_HELIUM)
#include "int8_convolution_helium.h"
#elif defined(INT8_DSP)
#include "int8_convolution_dsp.h"
#else
#include "int8_convolution_plain.h"
#endif

#endif /* FFKERAS_INT8_CONVOLUTION_H */
