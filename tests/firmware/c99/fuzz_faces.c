/* Letterbox and decode with random pictures, models, outputs and limits, in memory of exactly the size that faces.h asks
 * for. Usage: fuzz_faces SEED ROUNDS */

#include <stdio.h>
#include <stdlib.h>

#include "faces.h"

#define LARGEST_INPUT 128
#define EXPECT(condition)                                               \
  do {                                                                  \
    if (!(condition)) {                                                 \
      printf("line %d: %s does not hold\n", __LINE__, #condition);      \
      exit(1);                                                          \
    }                                                                   \
  } while (0)

static uint64_t state;

/* A number in low..high. */
static int number(int low, int high) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return low + (int)((state >> 33) % (uint64_t)(high - low + 1));
}

static float fraction(float low, float high) { return low + (high - low) * (float)number(0, 10000) / 10000.0f; }

static void *memory(size_t size) {
  void *found = malloc(size == 0 ? 1 : size);
  EXPECT(found != NULL);
  return found;
}

static int8_t *random_bytes(size_t size) {
  int8_t *bytes = memory(size);
  const int low = number(-128, 127);
  for (size_t index = 0; index < size; ++index) {
    bytes[index] = (int8_t)number(low, 127);
  }
  return bytes;
}

static FaceQuantization random_quantization(void) {
  static const float scales[] = {1.0f / 256.0f, 1.0f, 0.05f, 3.0f, 1e-6f, 1e30f};
  const FaceQuantization quantization = {scales[number(0, 5)], number(-128, 127)};
  return quantization;
}

static FaceModel random_model(const FaceLevel *levels) {
  FaceModel model = {0};
  model.input_height = 32 * number(1, LARGEST_INPUT / 32);
  model.input_width = 32 * number(1, LARGEST_INPUT / 32);
  for (int channel = 0; channel < 3; ++channel) {
    model.mean[channel] = number(0, 1) ? 128.0f : fraction(0.0f, 255.0f);
  }
  model.input = random_quantization();
  model.level_count = 3;
  model.anchors_per_cell = number(1, 3);
  model.levels = levels;
  for (int level = 0; level < model.level_count; ++level) {
    const int cells = (model.input_height / levels[level].stride) * (model.input_width / levels[level].stride);
    model.anchor_count += cells * model.anchors_per_cell;
  }
  model.centre_variance = 0.1f;
  model.size_variance = 0.2f;
  model.class_count = number(1, 2);
  model.classification = random_quantization();
  model.bbox_regression = random_quantization();
  model.landmarks = random_quantization();
  model.score_threshold = fraction(0.0f, 1.0f);
  model.iou_threshold = fraction(0.0f, 1.0f);
  return model;
}

static void try_letterbox(const FaceModel *model, FaceLetterbox *letterbox) {
  const int width = number(0, 9) ? number(1, 80) : number(1, 3000);
  const int height = number(0, 9) ? number(1, 80) : number(1, 3000 / width + 1);
  const size_t row_bytes = (size_t)(3 * width + number(0, 7));
  const size_t size = row_bytes * (size_t)(height - 1) + (size_t)(3 * width);
  uint8_t *pixels = (uint8_t *)random_bytes(size);
  int8_t *input = memory((size_t)(3 * model->input_height * model->input_width));
  FaceColumn *columns = memory(sizeof(FaceColumn) * (size_t)model->input_width);
  FaceImage image = {pixels, width, height, (ptrdiff_t)row_bytes};
  if (number(0, 1)) { /* bottom row first */
    image.pixels = pixels + row_bytes * (size_t)(height - 1);
    image.row_bytes = -image.row_bytes;
  }
  EXPECT(faces_letterbox(model, &image, columns, input, letterbox) == 0);
  EXPECT(letterbox->source_width == width && letterbox->source_height == height);
  EXPECT(letterbox->scale_x > 0.0f && letterbox->scale_y > 0.0f);
  free(pixels);
  free(input);
  free(columns);
}

static void try_decode(const FaceModel *model, const FaceLetterbox *letterbox) {
  const size_t anchors = (size_t)model->anchor_count;
  int8_t *classification = random_bytes(anchors * (size_t)model->class_count);
  int8_t *bbox_regression = random_bytes(anchors * 4);
  int8_t *landmarks = random_bytes(anchors * 10);
  const int candidate_limit = number(0, 2) ? number(0, 100) : model->anchor_count;
  const int face_limit = number(0, 60);
  FaceCandidate *candidates = memory(sizeof(FaceCandidate) * (size_t)candidate_limit);
  Face *faces = memory(sizeof(Face) * (size_t)face_limit);
  const FaceOutputs outputs = {classification, bbox_regression, landmarks};
  const int count = faces_decode(model, &outputs, letterbox, candidates, candidate_limit, faces, face_limit);
  EXPECT(count >= 0 && count <= face_limit && count <= candidate_limit);
  for (int index = 0; index < count; ++index) {
    const Face *face = &faces[index];
    EXPECT(0.0f <= face->x1 && face->x1 < face->x2 && face->x2 <= (float)letterbox->source_width);
    EXPECT(0.0f <= face->y1 && face->y1 < face->y2 && face->y2 <= (float)letterbox->source_height);
    EXPECT(face->score >= model->score_threshold);
    EXPECT(index == 0 || face->score <= faces[index - 1].score);
  }
  free(classification);
  free(bbox_regression);
  free(landmarks);
  free(candidates);
  free(faces);
}

int main(int count, char **arguments) {
  static const float sizes[] = {16.0f, 32.5f, 512.0f};
  static const FaceLevel levels[] = {{8, sizes}, {16, sizes}, {32, sizes}};
  EXPECT(count == 3);
  state = strtoull(arguments[1], NULL, 10);
  const int rounds = atoi(arguments[2]);
  for (int round = 0; round < rounds; ++round) {
    const FaceModel model = random_model(levels);
    FaceLetterbox letterbox;
    try_letterbox(&model, &letterbox);
    try_decode(&model, &letterbox);
  }
  printf("%d rounds\n", rounds);
  return 0;
}
