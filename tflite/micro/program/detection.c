#include "detection.h"

#include "checksum.h"
#include "network.h"

#ifndef CANDIDATE_LIMIT
#define CANDIDATE_LIMIT 5000 /* Python's, ffkeras/runtime/decode.py */
#endif
#ifndef FACE_LIMIT
#define FACE_LIMIT 750
#endif
#define CHANNELS 3
#define BOX_CODES 4
#define LANDMARK_CODES (2 * FACE_LANDMARKS)

static FaceColumn columns[NETWORK_INPUT_WIDTH];
static FaceCandidate candidates[CANDIDATE_LIMIT];
static Face faces[FACE_LIMIT];

static void print_field(Print *print, const char *name, uint32_t crc) {
  print(name);
  json_checksum(print, crc);
}

static void print_outputs(Print *print, const FaceOutputs *outputs) {
  const size_t anchors = (size_t)network_model.anchor_count;
  const size_t classes = (size_t)network_model.class_count;
  print_field(print, ", \"outputs_crc32\": {\"classification\": ", checksum(outputs->classification, anchors * classes));
  print_field(print, ", \"bbox_regression\": ", checksum(outputs->bbox_regression, anchors * BOX_CODES));
  print_field(print, ", \"landmarks\": ", checksum(outputs->landmarks, anchors * LANDMARK_CODES));
  print("}");
}

void detect_and_print(const FaceImage *image, Print *print) {
  FaceLetterbox letterbox;
  faces_letterbox(&network_model, image, columns, network_input(), &letterbox);
  print("{\"width\": ");
  json_integer(print, image->width);
  print(", \"height\": ");
  json_integer(print, image->height);
  print_field(print, ", \"input_crc32\": ",
              checksum(network_input(), CHANNELS * (size_t)NETWORK_INPUT_WIDTH * NETWORK_INPUT_HEIGHT));
  network_run();
  const FaceOutputs outputs = network_outputs();
  print_outputs(print, &outputs);
  const int count = faces_decode(&network_model, &outputs, &letterbox, candidates, CANDIDATE_LIMIT, faces, FACE_LIMIT);
  print(", \"faces\": ");
  json_faces(print, faces, count);
}
