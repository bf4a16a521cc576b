#include "int8_convolution.h"

/* `size` bytes from one place to another that does not overlap it. */
INT8_INLINE void copy_bytes(int8_t *to, const int8_t *from, int size) {
#if defined(INT8_HELIUM)
  for (; size > 0; size -= 16) {
    const mve_pred16_t rest = vctp8q((uint32_t)size);
    vstrbq_p_s8(to, vldrbq_z_s8(from, rest), rest);
    to += 16;
    from += 16;
  }
#else
  for (; size >= 4; size -= 4) {
    const uint32_t word = int8_load_word(from);
    memcpy(to, &word, sizeof word);
    to += 4;
    from += 4;
  }
  for (; size > 0; --size) {
    *to++ = *from++;
  }
#endif
}

INT8_INLINE void fill_bytes(int8_t *to, int value, int size) {
#if defined(INT8_HELIUM)
  for (; size > 0; size -= 16) {
    vstrbq_p_s8(to, vdupq_n_s8((int8_t)value), vctp8q((uint32_t)size));
    to += 16;
  }
#else
  const uint32_t word = (uint32_t)(uint8_t)value * 0x01010101u;
  for (; size >= 4; size -= 4) {
    memcpy(to, &word, sizeof word);
    to += 4;
  }
  for (; size > 0; --size) {
    *to++ = (int8_t)value;
  }
#endif
}

/* A row of a window whose first pixel is at `left`: `channels` of each pixel; what is outside is worth zero. */
static void gather_row(const Int8Convolution *layer, const int8_t *row, int left, int channels, int8_t *to) {
  const Int8Window *window = &layer->window;
  const int step = layer->input_channels;
  const int before = left < 0 ? (-left < window->width ? -left : window->width) : 0;
  const int beyond = left + window->width - window->input_width;
  const int rest = window->width - before; /* of the window, of which the map may have none */
  const int inside = rest - (beyond < 0 ? 0 : beyond < rest ? beyond : rest);
  fill_bytes(to, layer->input_zero_point, before * channels);
  to += before * channels;
  row += (left + before) * step;
  if (channels == step) {
    copy_bytes(to, row, inside * channels);
  } else {
    for (int x = 0; x < inside; ++x) {
      copy_bytes(to + x * channels, row + x * step, channels);
    }
  }
  fill_bytes(to + inside * channels, layer->input_zero_point, (rest - inside) * channels);
}

/* What a window sees, one of its rows `filters->row_length` bytes behind the other. */
static void gather(const Int8Convolution *layer, const Int8Filters *filters, const int8_t *input, int top, int left,
                   int8_t *patch) {
  const Int8Window *window = &layer->window;
  const int channels = layer->input_channels / layer->groups;
  for (int y = top; y < top + window->height; ++y) {
    if (y >= 0 && y < window->input_height) {
      gather_row(layer, input + y * window->input_width * layer->input_channels, left, channels, patch);
    } else {
      fill_bytes(patch, layer->input_zero_point, window->width * channels);
    }
    patch += filters->row_length;
  }
}

#if defined(INT8_HELIUM)
/* `rows` pieces of `size` bytes, `from_step` and `to_step` apart. */
static void copy_rows(const int8_t *from, int from_step, int8_t *to, int to_step, int size, int rows) {
  const int whole = size / 16 * 16;
  const mve_pred16_t rest = vctp8q((uint32_t)(size - whole));
  for (; rows > 0; --rows) {
    for (int index = 0; index < whole; index += 16) {
      vstrbq_s8(to + index, vldrbq_s8(from + index));
    }
    vstrbq_p_s8(to + whole, vldrbq_z_s8(from + whole, rest), rest);
    from += from_step;
    to += to_step;
  }
}
#endif

/* Maps without windows: every pixel of the output sees the one in its place. */
static void filter_pixels(const Int8Convolution *layer, const Int8Filters *filters, const int8_t *input, int8_t *output,
                          Int8Workspace work) {
  const int input_step = layer->input_channels;
  const int output_step = layer->output_channels;
  int count = layer->window.output_height * layer->window.output_width;
  for (; count >= 2; count -= 2) {
    const Int8Patch first = {input, 0}, second = {input + input_step, 0};
    int8_filter_two(filters, first, second, output, output + output_step, work.pairs);
    input += 2 * input_step;
    output += 2 * output_step;
  }
  if (count > 0) {
    const Int8Patch last = {input, 0};
    int8_filter_two(filters, last, last, output, work.unused, work.pairs);
  }
}

/* Where the pixels under a window are: in the map itself, or gathered. */
INT8_INLINE Int8Patch find_patch(const Int8Convolution *layer, const Int8Filters *filters, const int8_t *input, int y,
                                 int x, int8_t *memory) {
  const Int8Window *window = &layer->window;
  const int top = y * window->stride_y - window->pad_top;
  const int left = x * window->stride_x - window->pad_left;
  const int row = window->input_width * layer->input_channels;
  if (layer->groups == 1 && top >= 0 && left >= 0 && top + window->height <= window->input_height &&
      left + window->width <= window->input_width) {
    const int8_t *pixels = input + top * row + left * layer->input_channels;
#if defined(INT8_HELIUM) /* whose vectors want rows that follow each other */
    const int size = window->width * layer->input_channels;
    copy_rows(pixels, row, memory, filters->row_length, size, window->height);
    const Int8Patch here = {memory, filters->row_length};
#else
    const Int8Patch here = {pixels, row};
#endif
    return here;
  }
  gather(layer, filters, input, top, left, memory);
  const Int8Patch gathered = {memory, filters->row_length};
  return gathered;
}

static void filter_windows(const Int8Convolution *layer, const Int8Filters *filters, const int8_t *input,
                           int8_t *output, Int8Workspace work) {
  const Int8Window *window = &layer->window;
  const int step = layer->output_channels;
  Int8Patch first = {NULL, 0};
  int has_first = 0;
  for (int y = 0; y < window->output_height; ++y) {
    for (int x = 0; x < window->output_width; ++x) {
      if (!has_first) {
        first = find_patch(layer, filters, input, y, x, work.patches);
        has_first = 1;
        continue;
      }
      const Int8Patch second = find_patch(layer, filters, input, y, x, work.patches + filters->length);
      int8_filter_two(filters, first, second, output, output + step, work.pairs);
      output += 2 * step;
      has_first = 0;
    }
  }
  if (has_first) {
    int8_filter_two(filters, first, first, output, work.unused, work.pairs);
  }
}

void int8_convolution(const Int8Convolution *layer, const int8_t *input, int8_t *output, int8_t *scratch) {
  const Int8Window *window = &layer->window;
  const int channels = layer->input_channels / layer->groups;
  Int8Filters filters = {
      .weights = layer->weights,
      .scaling = layer->channels.scaling,
      .count = layer->output_channels / layer->groups,
      .rows = window->height,
      .row_length = (window->width * channels + 3) / 4 * 4,
      .is_simple = layer->channels.is_simple,
      .output = layer->output,
  };
  filters.length = filters.rows * filters.row_length;
  const int blocks = (filters.count + 3) / 4;
  Int8Workspace work;
  work.pairs = int8_align(scratch);
  work.unused = (int8_t *)(work.pairs + filters.length);
  work.patches = work.unused + filters.count;
  const int is_pointwise = window->height == 1 && window->width == 1 && window->stride_y == 1 && window->stride_x == 1;
  for (int group = 0; group < layer->groups; ++group) {
    if (is_pointwise) {
      filter_pixels(layer, &filters, input, output, work);
    } else {
      filter_windows(layer, &filters, input, output, work);
    }
    input += channels;
    output += filters.count;
    filters.weights += blocks * 4 * filters.length;
    filters.scaling += blocks * 4;
  }
}
