#include "faces.h"

#include <math.h>
#include <string.h>

#define CHANNELS 3
#define WEIGHT_BITS 11 /* of OpenCV's bilinear weights */
#define WEIGHT_ONE (1 << WEIGHT_BITS)
#define BOX_CODES 4
#define LANDMARK_CODES (2 * FACE_LANDMARKS)
#define INT8_VALUES 256
#define PIXEL_VALUES 256

/* ---- letterbox ---------------------------------------------------------------------------------------------------*/

/* Where pixel `index` of the input lies among `source` pixels that are resized to `target`: the weight of the second of
 * two neighbours, and the first in `first`, which is -1 before the first pixel. float and double are OpenCV's. */
static int32_t source_position(int index, int source, int target, int *first) {
  const double scale = 1.0 / ((double)target / (double)source);
  const float position = (float)(((double)index + 0.5) * scale - 0.5);
  const float whole = floorf(position);
  *first = (int)whole;
  return (int32_t)lrintf((position - whole) * (float)WEIGHT_ONE);
}

static int clip(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

/* Prepare the first `count` columns of the input, which all `source` columns are resized to. */
static void prepare_columns(FaceColumn *columns, int source, int count) {
  for (int x = 0; x < count; ++x) {
    int left;
    int32_t right_weight = source_position(x, source, count, &left);
    if (left < 0 || left >= source - 1) { /* outside the centres of the border's pixels */
      right_weight = 0;
    }
    columns[x].left = CHANNELS * clip(left, 0, source - 1);
    columns[x].right = CHANNELS * clip(left + 1, 0, source - 1);
    columns[x].left_weight = WEIGHT_ONE - right_weight;
    columns[x].right_weight = right_weight;
  }
}

/* Two pixels with weights that add up to WEIGHT_ONE, in units of 1 / WEIGHT_ONE. */
static int32_t blend_columns(const uint8_t *row, const FaceColumn *column, int channel) {
  return row[column->left + channel] * column->left_weight + row[column->right + channel] * column->right_weight;
}

/* The same of two rows, rounded in the two steps in which OpenCV does it. */
static uint8_t blend_rows(int32_t upper, int32_t lower, int32_t upper_weight, int32_t lower_weight) {
  const int32_t quarters = (((upper >> 4) * upper_weight) >> 16) + (((lower >> 4) * lower_weight) >> 16);
  return (uint8_t)((quarters + 2) >> 2);
}

/* What the input holds for each value of a pixel: pixel - mean, quantised. */
typedef struct InputValues {
  int8_t of[CHANNELS][PIXEL_VALUES];
  int8_t of_mean[CHANNELS];
} InputValues;

static void prepare_values(const FaceModel *model, InputValues *values) {
  for (int channel = 0; channel < CHANNELS; ++channel) {
    for (int pixel = 0; pixel < PIXEL_VALUES; ++pixel) {
      const float steps = rintf(((float)pixel - model->mean[channel]) / model->input.scale);
      const float value = steps + (float)model->input.zero_point;
      values->of[channel][pixel] = (int8_t)(value < -128.0f ? -128.0f : value > 127.0f ? 127.0f : value);
    }
    values->of_mean[channel] = values->of[channel][(uint8_t)rintf(model->mean[channel])];
  }
}

/* One row of the input from two rows of the picture. */
static void resize_row(const InputValues *values, const uint8_t *upper, const uint8_t *lower, int32_t lower_weight,
                       const FaceColumn *columns, int count, int8_t *input) {
  for (int x = 0; x < count; ++x) {
    for (int channel = 0; channel < CHANNELS; ++channel) {
      const uint8_t pixel = blend_rows(blend_columns(upper, &columns[x], channel),
                                       blend_columns(lower, &columns[x], channel), WEIGHT_ONE - lower_weight,
                                       lower_weight);
      *input++ = values->of[channel][pixel];
    }
  }
}

/* One row of the input from two rows of a picture twice as large: the mean of four pixels, as OpenCV does it then. */
static void halve_row(const InputValues *values, const uint8_t *upper, const uint8_t *lower, int count,
                      int8_t *input) {
  for (int x = 0; x < count; ++x) {
    for (int channel = 0; channel < CHANNELS; ++channel) {
      const int left = 2 * CHANNELS * x + channel;
      const int right = left + CHANNELS;
      const int sum = upper[left] + upper[right] + lower[left] + lower[right];
      *input++ = values->of[channel][(sum + 2) >> 2];
    }
  }
}

static void fill_with_mean(const InputValues *values, int8_t *input, int pixels) {
  for (int pixel = 0; pixel < pixels; ++pixel) {
    memcpy(input, values->of_mean, CHANNELS);
    input += CHANNELS;
  }
}

/* A side of the picture in pixels of the input. */
static int fitted_side(int source, double scale, int side) { return clip((int)rint(source * scale), 1, side); }

int faces_letterbox(const FaceModel *model, const FaceImage *image, FaceColumn *columns, int8_t *input,
                    FaceLetterbox *letterbox) {
  if (image->pixels == NULL || image->width < 1 || image->height < 1) {
    return -1;
  }
  const double fit_x = (double)model->input_width / (double)image->width;
  const double fit_y = (double)model->input_height / (double)image->height;
  const double scale = fit_x < fit_y ? fit_x : fit_y;
  const int width = fitted_side(image->width, scale, model->input_width);
  const int height = fitted_side(image->height, scale, model->input_height);
  const int halved = image->width / 2 == width && image->width % 2 == 0 && image->height / 2 == height &&
                     image->height % 2 == 0;
  letterbox->scale_x = (float)((double)width / (double)image->width);
  letterbox->scale_y = (float)((double)height / (double)image->height);
  letterbox->source_width = image->width;
  letterbox->source_height = image->height;

  InputValues values;
  prepare_values(model, &values);
  prepare_columns(columns, image->width, width);
  for (int y = 0; y < height; ++y) {
    int first;
    const int32_t lower_weight = source_position(y, image->height, height, &first);
    const uint8_t *upper = image->pixels + image->row_bytes * clip(first, 0, image->height - 1);
    const uint8_t *lower = image->pixels + image->row_bytes * clip(first + 1, 0, image->height - 1);
    if (halved) {
      halve_row(&values, upper, lower, width, input);
    } else {
      resize_row(&values, upper, lower, lower_weight, columns, width, input);
    }
    fill_with_mean(&values, input + CHANNELS * width, model->input_width - width);
    input += CHANNELS * model->input_width;
  }
  fill_with_mean(&values, input, (model->input_height - height) * model->input_width);
  return 0;
}

/* ---- decode ------------------------------------------------------------------------------------------------------*/

static float dequantize(int value, const FaceQuantization *quantization) {
  return (float)(value - quantization->zero_point) * quantization->scale;
}

/* The first int8 score that reaches the threshold, or one above all where none does. */
static int first_score(const FaceModel *model) {
  int score = INT8_MIN;
  while (score <= INT8_MAX && !(dequantize(score, &model->classification) >= model->score_threshold)) {
    ++score;
  }
  return score;
}

static int face_score(const FaceModel *model, const FaceOutputs *outputs, int anchor) {
  return outputs->classification[(size_t)anchor * (size_t)model->class_count + (size_t)model->class_count - 1];
}

/* Write the anchors whose score reaches the threshold, best first, equal ones in the order of the outputs; where there
 * are more than `limit`, the best. Scores have 256 values: they are counted, then each anchor has its place. */
static int find_candidates(const FaceModel *model, const FaceOutputs *outputs, FaceCandidate *candidates, int limit) {
  int32_t place[INT8_VALUES] = {0}; /* by score + 128 */
  const int first = first_score(model);
  for (int anchor = 0; anchor < model->anchor_count; ++anchor) {
    ++place[face_score(model, outputs, anchor) - INT8_MIN];
  }
  int32_t better = 0;
  for (int score = INT8_MAX; score >= first; --score) {
    const int32_t count = place[score - INT8_MIN];
    place[score - INT8_MIN] = better;
    better += count;
  }
  for (int anchor = 0; anchor < model->anchor_count; ++anchor) {
    const int score = face_score(model, outputs, anchor);
    if (score >= first && place[score - INT8_MIN] < limit) {
      candidates[place[score - INT8_MIN]++].anchor = anchor;
    }
  }
  return better < limit ? (int)better : limit;
}

/* An anchor as shares of the input. */
typedef struct Anchor {
  float x, y; /* centre */
  float width, height;
} Anchor;

static Anchor anchor_at(const FaceModel *model, int anchor) {
  const FaceLevel *level = model->levels;
  int columns = model->input_width / level->stride;
  for (int number = 1; number < model->level_count; ++number) {
    const int count = columns * (model->input_height / level->stride) * model->anchors_per_cell;
    if (anchor < count) {
      break;
    }
    anchor -= count;
    ++level;
    columns = model->input_width / level->stride;
  }
  const int cell = anchor / model->anchors_per_cell;
  const float size = level->anchor_sizes[anchor % model->anchors_per_cell];
  const float width = (float)model->input_width;
  const float height = (float)model->input_height;
  const Anchor found = {
      .x = ((float)(cell % columns) + 0.5f) * (float)level->stride / width,
      .y = ((float)(cell / columns) + 0.5f) * (float)level->stride / height,
      .width = size / width,
      .height = size / height,
  };
  return found;
}

static void decode_box(const FaceModel *model, const FaceOutputs *outputs, FaceCandidate *candidate) {
  const Anchor anchor = anchor_at(model, candidate->anchor);
  const int8_t *codes = outputs->bbox_regression + (size_t)candidate->anchor * BOX_CODES;
  const FaceQuantization *quantization = &model->bbox_regression;
  const float x = anchor.x + dequantize(codes[0], quantization) * model->centre_variance * anchor.width;
  const float y = anchor.y + dequantize(codes[1], quantization) * model->centre_variance * anchor.height;
  const float half_width = anchor.width * expf(dequantize(codes[2], quantization) * model->size_variance) / 2.0f;
  const float half_height = anchor.height * expf(dequantize(codes[3], quantization) * model->size_variance) / 2.0f;
  candidate->x1 = x - half_width;
  candidate->y1 = y - half_height;
  candidate->x2 = x + half_width;
  candidate->y2 = y + half_height;
}

static float clip_side(float value, int side) {
  return value < 0.0f ? 0.0f : value > (float)side ? (float)side : value;
}

/* Write a candidate's box in pixels of the picture. Returns 0 where it is not finite, or has no area there. */
static int place_box(const FaceModel *model, const FaceLetterbox *letterbox, const FaceCandidate *candidate,
                     Face *face) {
  const float x1 = candidate->x1 * (float)model->input_width / letterbox->scale_x;
  const float y1 = candidate->y1 * (float)model->input_height / letterbox->scale_y;
  const float x2 = candidate->x2 * (float)model->input_width / letterbox->scale_x;
  const float y2 = candidate->y2 * (float)model->input_height / letterbox->scale_y;
  if (!isfinite(x1) || !isfinite(y1) || !isfinite(x2) || !isfinite(y2)) {
    return 0;
  }
  face->x1 = clip_side(x1, letterbox->source_width);
  face->y1 = clip_side(y1, letterbox->source_height);
  face->x2 = clip_side(x2, letterbox->source_width);
  face->y2 = clip_side(y2, letterbox->source_height);
  return face->x1 < face->x2 && face->y1 < face->y2;
}

static void place_landmarks(const FaceModel *model, const FaceOutputs *outputs, const FaceLetterbox *letterbox,
                            int anchor_index, Face *face) {
  const Anchor anchor = anchor_at(model, anchor_index);
  const int8_t *codes = outputs->landmarks + (size_t)anchor_index * LANDMARK_CODES;
  for (int point = 0; point < FACE_LANDMARKS; ++point) {
    const float x_code = dequantize(codes[2 * point], &model->landmarks);
    const float y_code = dequantize(codes[2 * point + 1], &model->landmarks);
    const float x = anchor.x + x_code * model->centre_variance * anchor.width;
    const float y = anchor.y + y_code * model->centre_variance * anchor.height;
    face->landmarks[point][0] = x * (float)model->input_width / letterbox->scale_x;
    face->landmarks[point][1] = y * (float)model->input_height / letterbox->scale_y;
  }
}

static float larger(float a, float b) { return a > b ? a : b; }
static float smaller(float a, float b) { return a < b ? a : b; }

static float area(const FaceCandidate *box) {
  return larger(box->x2 - box->x1, 0.0f) * larger(box->y2 - box->y1, 0.0f);
}

/* Whether two boxes overlap by an IoU of more than `threshold`. */
static int overlap(const FaceCandidate *a, const FaceCandidate *b, float threshold) {
  const float width = smaller(a->x2, b->x2) - larger(a->x1, b->x1);
  const float height = smaller(a->y2, b->y2) - larger(a->y1, b->y1);
  const float intersection = larger(width, 0.0f) * larger(height, 0.0f);
  return !(intersection <= threshold * (area(a) + area(b) - intersection));
}

static int is_suppressed(const FaceCandidate *candidate, const FaceCandidate *kept, int count, float threshold) {
  for (int index = 0; index < count; ++index) {
    if (overlap(&kept[index], candidate, threshold)) {
      return 1;
    }
  }
  return 0;
}

int faces_decode(const FaceModel *model, const FaceOutputs *outputs, const FaceLetterbox *letterbox,
                 FaceCandidate *candidates, int candidate_limit, Face *faces, int face_limit) {
  const int count = find_candidates(model, outputs, candidates, candidate_limit);
  int kept = 0; /* the first of `candidates` that were decoded and stay */
  for (int index = 0; index < count && kept < face_limit; ++index) {
    FaceCandidate candidate = candidates[index];
    Face *face = &faces[kept];
    decode_box(model, outputs, &candidate);
    if (!place_box(model, letterbox, &candidate, face) ||
        is_suppressed(&candidate, candidates, kept, model->iou_threshold)) {
      continue;
    }
    face->score = dequantize(face_score(model, outputs, candidate.anchor), &model->classification);
    place_landmarks(model, outputs, letterbox, candidate.anchor, face);
    candidates[kept++] = candidate;
  }
  return kept;
}
