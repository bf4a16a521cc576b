/* Face detection around an int8 network: what comes before it (letterbox) and after it (decode, suppress, clip).
 *
 * It does not care who ran the network, TFLite Micro or the C that tools/export_c.py writes. It needs no memory but
 * what the caller gives: no malloc, no recursion, no variable-length arrays; about 1.2 KB of stack.
 *
 *     static FaceColumn columns[NANO_INPUT_WIDTH];
 *     static FaceCandidate candidates[200];
 *     static Face faces[50];
 *
 *     FaceLetterbox letterbox;
 *     if (faces_letterbox(&nano_model, &image, columns, nano_input(), &letterbox) != 0) ...
 *     nano_run();
 *     const FaceOutputs outputs = nano_outputs();
 *     const int count = faces_decode(&nano_model, &outputs, &letterbox, candidates, 200, faces, 50);
 *
 * The bytes that letterboxing gives are those of Python and OpenCV where the compiler keeps to IEEE arithmetic:
 * -std=c99 (or -ffp-contract=off), and no -ffast-math.
 */

#ifndef FFKERAS_FACES_H
#define FFKERAS_FACES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FACE_LANDMARKS 5

/* An int8 value is worth scale * (value - zero_point). */
typedef struct FaceQuantization {
  float scale;
  int zero_point;
} FaceQuantization;

/* One level of the pyramid: square anchors at the centre of each cell. */
typedef struct FaceLevel {
  int stride;                /* pixels of the input per cell */
  const float *anchor_sizes; /* [anchors_per_cell] sides in pixels of the input */
} FaceLevel;

/* What must be known of a network. It is written by tools/export_c.py; copy it to change a threshold. */
typedef struct FaceModel {
  int input_height; /* pixels, a multiple of every stride */
  int input_width;
  float mean[3]; /* BGR, subtracted from the pixels */
  FaceQuantization input;

  int anchor_count; /* rows of each output: all levels, row by row, cell by cell */
  int level_count;
  int anchors_per_cell;
  const FaceLevel *levels; /* [level_count], in the order of the outputs' rows */
  float centre_variance;
  float size_variance;

  int class_count; /* columns of classification, of which the last is "face": 1 or 2 */
  FaceQuantization classification;
  FaceQuantization bbox_regression;
  FaceQuantization landmarks;

  float score_threshold; /* faces below it are left out, 0..1 */
  float iou_threshold;   /* of two faces that overlap by more than this the better stays, 0..1 */
} FaceModel;

/* The three outputs of a network, A = anchor_count. */
typedef struct FaceOutputs {
  const int8_t *classification;  /* [A][class_count] probabilities */
  const int8_t *bbox_regression; /* [A][4] codes of centre x, centre y, width, height */
  const int8_t *landmarks;       /* [A][10] codes of five x, y */
} FaceOutputs;

/* A picture: rows of pixels, three bytes each: blue, green, red. */
typedef struct FaceImage {
  const uint8_t *pixels;
  int width;  /* pixels, at least 1 */
  int height; /* rows, at least 1 */
  ptrdiff_t row_bytes; /* from one row to the next: 3 * width where nothing lies between them, negative where the
                          bottom row is stored first and `pixels` is the last one stored */
} FaceImage;

/* How a picture was fitted into the input: input pixels = picture's pixels * scale, from the top left. */
typedef struct FaceLetterbox {
  float scale_x; /* the two differ by rounding only */
  float scale_y;
  int source_width;
  int source_height;
} FaceLetterbox;

/* Working memory of letterboxing, one for each column of the input. */
typedef struct FaceColumn {
  int32_t left, right;               /* bytes from the start of a row to the two pixels that it lies between */
  int32_t left_weight, right_weight; /* in 1/2048, together 1 */
} FaceColumn;

/* Working memory of decoding, one for each anchor whose score reaches the threshold. */
typedef struct FaceCandidate {
  int32_t anchor;       /* row of the outputs */
  float x1, y1, x2, y2; /* corners as shares of the input */
} FaceCandidate;

/* A face in pixels of the picture. */
typedef struct Face {
  float x1, y1, x2, y2; /* inside the picture */
  float score;          /* probability, 0..1 */
  float landmarks[FACE_LANDMARKS][2]; /* x, y: left eye, right eye, nose, left and right mouth corner, as seen in the
                                         picture; they may lie outside it */
} Face;

/* Fit a picture into the input of a network: resized (bilinear) so that it just fits, at the top left, the rest filled
 * with the mean, quantised.
 *
 * columns: working memory, input_width of them.
 * input: [input_height][input_width][3], all of it is written.
 * letterbox: for faces_decode.
 *
 * Returns 0, or -1 for a picture without pixels; then nothing is written.
 */
int faces_letterbox(const FaceModel *model, const FaceImage *image, FaceColumn *columns, int8_t *input,
                    FaceLetterbox *letterbox);

/* Make faces of the outputs of a network, best first.
 *
 * candidates: working memory, candidate_limit of them. Where more anchors reach the threshold, the best take part
 *     (Python takes 5000): a limit of anchor_count loses none, a few hundred do for pictures of few people.
 * faces: where the faces are written, face_limit at most (Python gives up to 750).
 *
 * Returns the number of faces. Boxes are clipped to the picture; one without area there is left out.
 */
int faces_decode(const FaceModel *model, const FaceOutputs *outputs, const FaceLetterbox *letterbox,
                 FaceCandidate *candidates, int candidate_limit, Face *faces, int face_limit);

#ifdef __cplusplus
}
#endif

#endif /* FFKERAS_FACES_H */
