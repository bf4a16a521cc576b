/* The inside of a depthwise convolution of 3 x 3: a ring of three rows of the input, which are brought there with what
 * is worth zero around them, in the form that suits the processor. One of three ways is compiled. */

#ifndef FFKERAS_INT8_DEPTHWISE_3X3_H
#define FFKERAS_INT8_DEPTHWISE_3X3_H

#include <stddef.h>
#include <string.h>

#include "int8_kernels.h"

#define INT8_TAPS 9 /* of a window */

/* The ring, and the layer's numbers in the order in which they are needed; all in the working memory. */
typedef struct Int8Ring {
  const Int8Depthwise *layer;
  int columns; /* of a row in the ring */
  int inside;  /* of these, columns of the map, from pad_left on */
  void *rows;
  void *taps;
  void *scaling; /* Helium's */
} Int8Ring;

/* Fill the ring with what is worth zero, and make the tables. */
static void int8_prepare_ring(Int8Ring *ring, void *memory);

/* Bring a row of the input, or one outside the map (NULL), into a slot (0..2). */
static void int8_bring_row(const Int8Ring *ring, int slot, const int8_t *row);

/* A row of the output from the three rows, of which the first is in slot `first`. */
static void int8_filter_row(const Int8Ring *ring, int first, int8_t *output);

/* Columns of a row in the ring where outputs are made `together` by `together`. */
INT8_INLINE int int8_ring_columns(const Int8Window *window, int together) {
  return ((window->output_width + together - 1) / together * together - 1) * window->stride_x + 3;
}

#if defined(INT8_HELIUM)
#include "int8_depthwise_3x3_helium.h"
#elif defined(INT8_DSP)
#include "int8_depthwise_3x3_dsp.h"
#else
#include "int8_depthwise_3x3_plain.h"
#endif

#endif /* FFKERAS_INT8_DEPTHWISE_3X3_H */
